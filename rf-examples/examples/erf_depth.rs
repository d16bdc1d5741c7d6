//! Depth: the theoretical field of a stack of 3×3 convolutions grows like its depth, the effective one like the
//! root of it, so the used share shrinks like 1/√depth (Luo et al. 2016, "Understanding the Effective Receptive
//! Field in Deep Convolutional Neural Networks", arXiv:1701.04128). In closed form, and sampled up to depth 40.

mod common;

use receptive_field::effective::{Closed, Field};
use receptive_field::graph::Graph;
use receptive_field::network;
use receptive_field::picture::{Chart, Mark, Scale};

network! {
    Depth5 {
        input: [3, 11, 11];
        stack: (conv(32, 3, padding = 1) -> relu) * 5;
        assert rf(stack) == 11;
        assert erf(stack) <= 9;
    }
}

network! {
    Depth10 {
        input: [3, 21, 21];
        stack: (conv(32, 3, padding = 1) -> relu) * 10;
        assert rf(stack) == 21;
        assert erf(stack) == 11;
        assert erf(stack, energy = 0.5) == 5;
    }
}

network! {
    Depth20 { input: [3, 41, 41]; stack: (conv(32, 3, padding = 1) -> relu) * 20; }
}

network! {
    Depth40 {
        input: [3, 81, 81];
        stack: (conv(32, 3, padding = 1) -> relu) * 40;
        assert rf(stack) == 81;
        assert erf(stack) < 24;
    }
}

network! {
    Depth80 { input: [3, 161, 161]; stack: (conv(32, 3, padding = 1) -> relu) * 80; }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let networks: [(f64, &Graph); 5] = [
        (5.0, &Depth5::GRAPH),
        (10.0, &Depth10::GRAPH),
        (20.0, &Depth20::GRAPH),
        (40.0, &Depth40::GRAPH),
        (80.0, &Depth80::GRAPH),
    ];
    println!("depth  theoretical  sigma  sampled          erf  ratio    luo  sampled         luo ratio");
    let (mut sigmas, mut sizes, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut sampled_sizes = Vec::new();
    for (depth, graph) in networks {
        let map = Closed::of(graph).at("stack").map()?;
        let theoretical = 2.0 * depth + 1.0;
        let (sigma, luo) = (map.sigma()[0], map.luo());
        let (mut sampled, mut sampled_luo) = (String::from("-"), String::from("-"));
        if depth <= 40.0 {
            let field = common::sample(graph, "stack", 24).run()?;
            sampled = field.sigma(0).to_string();
            if let Some([size]) = field.figures().get("luo") {
                sampled_luo = size.to_string();
                sampled_sizes.push((depth, size.value));
            }
        }
        println!(
            "{depth:>5}  {theoretical:>11}  {sigma:>5.3}  {sampled:<15}  {:>3}  {:>5.3}  {luo:>5.2}  {sampled_luo:<14}  {:>9.3}",
            map.extent(0.9545)[0],
            map.ratio(0.9545)[0],
            luo / theoretical,
        );
        sigmas.push((depth, sigma));
        sizes.push((depth, luo));
        ratios.push((depth, luo / theoretical));
    }
    // At depth 5 the effective size fills its theoretical field and is cut off by it: slopes start at 10.
    println!("\nslopes on logarithmic axes, from depth 10 on:");
    println!("  sigma          {:+.3}   (exactly 1/2: sigma² = 2/3 · depth)", common::fit(&sigmas[1..]).0);
    println!("  size (luo)     {:+.3}", common::fit(&sizes[1..]).0);
    println!("  size, sampled  {:+.3}", common::fit(&sampled_sizes[1..]).0);
    println!("  ratio (luo)    {:+.3}", common::fit(&ratios[1..]).0);

    let line = |points: &[(f64, f64)]| {
        let (slope, scale) = common::fit(&points[1..]);
        [10.0_f64, 80.0].map(|depth| (depth, scale * depth.powf(slope)))
    };
    let named =
        |name: &str, points: &[(f64, f64)]| format!("{name}: slope {:+.2}", common::fit(&points[1..]).0);
    let folder = common::folder()?;
    Chart::new("Effective size grows like the root of depth", "3\u{d7}3 layers", "input pixels")
        .scales(Scale::Log, Scale::Log)
        .series("theoretical extent", Mark::Line, networks.map(|(depth, _)| (depth, 2.0 * depth + 1.0)))
        .series("size (Luo et al.)", Mark::Dots, sizes.iter().copied())
        .beside(&named("size", &sizes), Mark::Dashed, line(&sizes))
        .series("size, sampled", Mark::Rings, sampled_sizes)
        .series("sigma of the energy", Mark::Dots, sigmas.iter().copied())
        .beside(&named("sigma", &sigmas), Mark::Dashed, line(&sigmas))
        .save(folder.join("depth_size.png"))?;
    Chart::new(
        "The used share shrinks like 1 / root of depth",
        "3\u{d7}3 layers",
        "size / theoretical extent",
    )
    .scales(Scale::Log, Scale::Log)
    .series("ratio (Luo et al.)", Mark::Dots, ratios.iter().copied())
    .beside(&named("ratio", &ratios), Mark::Dashed, line(&ratios))
    .save(folder.join("depth_ratio.png"))?;
    println!("\npictures: {}", folder.display());
    Ok(())
}

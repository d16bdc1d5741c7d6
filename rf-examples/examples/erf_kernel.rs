//! One large kernel against many small ones: a 31×31 convolution and fifteen 3×3 ones can see the same 31 pixels,
//! but the large one uses nearly all of them (Ding et al. 2022, "Scaling Up Your Kernels to 31×31", arXiv:2203.06717).

mod common;

use receptive_field::effective::Closed;
use receptive_field::network;
use receptive_field::picture::{HeatMap, Scale, cumulative};

network! {
    Large {
        input: [3, 31, 31];
        kernel: conv(32, 31, padding = 15);
        assert rf(kernel) == 31;
        assert erf(kernel) >= 29;
    }
}

network! {
    Small {
        input: [3, 31, 31];
        stack: (conv(32, 3, padding = 1) -> relu) * 15;
        assert rf(stack) == 31;
        assert erf(stack) <= 15;
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let large = Closed::of(&Large::GRAPH).map()?;
    let small = Closed::of(&Small::GRAPH).map()?;
    println!("                 theoretical  sigma   erf  side 50 %  side 99 %  area of 50 %  kurtosis");
    for (name, map) in [("one 31×31", &large), ("fifteen 3×3", &small)] {
        println!(
            "{name:<15}  {:>11}  {:>5.3}  {:>4}  {:>9}  {:>9}  {:>11.1}%  {:>8.2}",
            map.frame().theoretical.extents[0],
            map.sigma()[0],
            map.extent(0.9545)[0],
            map.side(0.5),
            map.side(0.99),
            100.0 * map.area_ratio(0.5),
            map.kurtosis()[0],
        );
    }
    println!(
        "\nTo see as far with 3×3 layers, sigma² = 2/3 · depth: 120 of them have the sigma of one 31×31."
    );
    let folder = common::folder()?;
    HeatMap::of("one 31\u{d7}31", &large)
        .also("fifteen 3\u{d7}3", &small)
        .title("The same 31 pixels within reach")
        .scale(Scale::Log)
        .save(folder.join("kernel_maps.png"))?;
    cumulative("Energy within a radius", [("one 31\u{d7}31", &large), ("fifteen 3\u{d7}3", &small)])
        .save(folder.join("kernel_cumulative.png"))?;
    println!("\npictures: {}", folder.display());
    Ok(())
}

//! Activations: twenty 3×3 convolutions with nothing between them, or with one of several non-linearities (Luo et al.
//! 2016, section 3.1). What an activation passes back is a common factor of a chain, so in closed form all have the
//! field of the linear network; sampling shows how nearly that holds, and which activations make dead units.

mod common;

use receptive_field::effective::{Closed, Estimate, Field};
use receptive_field::network;
use receptive_field::picture::{Chart, Mark};

network! { Linear { input: [3, 41, 41]; stack: conv(16, 3, padding = 1) * 20; } }
network! { Relu { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> relu) * 20; } }
network! { LeakyRelu { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> leaky_relu(0.2)) * 20; } }
network! { Gelu { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> gelu) * 20; } }
network! { Silu { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> silu) * 20; } }
network! { Tanh { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> tanh) * 20; } }
network! { Sigmoid { input: [3, 41, 41]; stack: (conv(16, 3, padding = 1) -> sigmoid) * 20; } }

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = common::folder()?;
    let closed = Closed::of(&Linear::GRAPH).at("stack").map()?;
    println!("twenty 3×3 convolutions, closed form: sigma {:.3}\n", closed.sigma()[0]);
    println!("activation   sigma, sampled     off by   luo, sampled   dead");
    let mut chart = Chart::new("Twenty 3\u{d7}3 layers", "input pixels from the centre", "share per pixel")
        .series("closed form", Mark::Dashed, closed.profile(0));
    for (name, graph) in [
        ("none", &Linear::GRAPH),
        ("relu", &Relu::GRAPH),
        ("leaky relu", &LeakyRelu::GRAPH),
        ("gelu", &Gelu::GRAPH),
        ("silu", &Silu::GRAPH),
        ("tanh", &Tanh::GRAPH),
        ("sigmoid", &Sigmoid::GRAPH),
    ] {
        let field = common::sample(graph, "stack", 48).run()?;
        let sigma: Estimate = field.sigma(0);
        let off = 100.0 * (sigma.value / closed.sigma()[0] - 1.0);
        let figures = field.figures();
        let luo = figures.get("luo").map_or_else(String::new, |values| values[0].to_string());
        println!(
            "{name:<11}  {sigma:<16} {off:>+6.1} %   {luo:<13}  {:>3} of {}",
            field.dead(),
            field.samples()
        );
        if ["relu", "tanh", "sigmoid"].contains(&name) {
            chart = chart.series(name, Mark::Line, field.energy().profile(0));
        }
    }
    chart.save(folder.join("activations.png"))?;
    println!("\npicture: {}", folder.join("activations.png").display());
    Ok(())
}

//! The seed: most scripts take the gradient of *all channels summed*. Channels behind a ReLU share their sign, so
//! their gradients add up where many of them agree, and the field looks narrower than it is. A random combination of
//! the channels has the mean of their energies.

mod common;

use receptive_field::effective::sampler::Channels;
use receptive_field::graph::Graph;
use receptive_field::picture::{HeatMap, Scale};
use rf_examples::{resnet::ResNet18, resnet_bottleneck::ResNet50, vgg::Vgg11};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = common::folder()?;
    let networks: [(&str, &Graph, &str); 3] = [
        ("VGG-11", &Vgg11::GRAPH, "features"),
        ("ResNet-18", &ResNet18::GRAPH, "layer4"),
        ("ResNet-50", &ResNet50::GRAPH, "layer4"),
    ];
    println!("network     random channels   summed            summed is narrower by");
    for (name, graph, layer) in networks {
        let run = |channels| common::sample(graph, layer, 5).channels(channels).run();
        let (random, summed) = (run(Channels::Normal)?, run(Channels::Summed)?);
        let (a, b) = (random.sigma(0), summed.sigma(0));
        let less = 1.0 - b.value / a.value;
        let error = (b.value / a.value) * (a.error / a.value).hypot(b.error / b.value);
        println!(
            "{name:<10}  {:<16}  {:<16}  {:.1} ± {:.1} %",
            a.to_string(),
            b.to_string(),
            100.0 * less,
            100.0 * error
        );
        if name == "ResNet-50" {
            HeatMap::of("channels at random", &random)
                .also("channels summed", &summed)
                .title("ResNet-50, layer4: two seeds")
                .scale(Scale::Log)
                .save(folder.join("seed.png"))?;
        }
    }
    println!("\npicture: {}", folder.join("seed.png").display());
    Ok(())
}

//! Stage by stage through VGG-16 and ResNet-50: what their units could see and what they use, in closed form.

mod common;

use receptive_field::effective::{Closed, FieldMap};
use receptive_field::graph::Graph;
use receptive_field::picture::{HeatMap, Scale, Terminal, cumulative, profile, terminal};
use rf_examples::{resnet_bottleneck::ResNet50, vgg::Vgg16};

const VGG: [(&str, &str); 5] = [
    ("pool1", "features.4"),
    ("pool2", "features.9"),
    ("pool3", "features.16"),
    ("pool4", "features.23"),
    ("pool5", "features"),
];
const RESNET: [(&str, &str); 5] = [
    ("maxpool", "maxpool"),
    ("layer1", "layer1"),
    ("layer2", "layer2"),
    ("layer3", "layer3"),
    ("layer4", "layer4"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = common::folder()?;
    let vgg = stages("VGG-16", &Vgg16::GRAPH, &VGG)?;
    let resnet = stages("ResNet-50", &ResNet50::GRAPH, &RESNET)?;
    for (file, title, maps) in
        [("vgg16", "VGG-16, closed form", &vgg), ("resnet50", "ResNet-50, closed form", &resnet)]
    {
        let named = maps.iter().map(|(name, map)| (*name, map));
        cumulative(title, named).save(folder.join(format!("{file}_cumulative.png")))?;
        let [.., (third, a), (fourth, b), (last, c)] = maps.as_slice() else { continue };
        HeatMap::of(third, a)
            .also(fourth, b)
            .also(last, c)
            .title(title)
            .scale(Scale::Log)
            .save(folder.join(format!("{file}_stages.png")))?;
        profile(&format!("{title}: {last}"), c, 0).save(folder.join(format!("{file}_profile.png")))?;
    }
    println!("\n{}", ResNet50::TABLE.with_effective());
    if let Some((name, map)) = resnet.last() {
        println!("\n{name} of ResNet-50:\n{}", terminal(map, 60, Scale::Log, Terminal::of_output()));
    }
    println!("pictures: {}", folder.display());
    Ok(())
}

fn stages<'a>(
    name: &str,
    graph: &Graph<'_>,
    stages: &[(&'a str, &str)],
) -> Result<Vec<(&'a str, FieldMap)>, Box<dyn std::error::Error>> {
    println!(
        "\n{name:<10}  theoretical   sigma   erf  ratio  side 50 %  90 %  99 %  kurtosis      R²  luo size"
    );
    let mut maps = Vec::new();
    for &(label, path) in stages {
        let map = Closed::of(graph).at(path).map()?;
        println!(
            "{label:<10}  {:>11}  {:>6.2}  {:>4}  {:>5.3}  {:>9}  {:>4}  {:>4}  {:>8.2}  {:>6.3}  {:>8.1}",
            map.frame().theoretical.extents[0],
            map.sigma()[0],
            map.extent(0.9545)[0],
            map.ratio(0.9545)[0],
            map.side(0.5),
            map.side(0.9),
            map.side(0.99),
            map.kurtosis()[0],
            map.fit(0).r_squared,
            map.luo(),
        );
        maps.push((label, map));
    }
    Ok(maps)
}

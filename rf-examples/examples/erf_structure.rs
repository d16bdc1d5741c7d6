//! What a network's structure does to its effective field (Luo et al. 2016, section 3.2): fifteen 3×3 layers as they
//! are, with skips, with dilation and with strides. Skips shrink the field, dilation and strides enlarge it.

mod common;

use receptive_field::effective::{Closed, Field};
use receptive_field::graph::Graph;
use receptive_field::network;
use receptive_field::picture::{HeatMap, Scale, cumulative};

network! {
    Plain {
        input: [3, 63, 63];
        stack: (conv(24, 3, padding = 1) -> relu) * 15;
        assert rf(stack) == 31;
    }
}

network! {
    /// The same layers, the last fourteen in residual blocks of two.
    Skips {
        input: [3, 63, 63];
        stem: conv(24, 3, padding = 1) -> relu;
        blocks: ((conv(24, 3, padding = 1) -> relu -> conv(24, 3, padding = 1)) + identity) * 7;
        assert rf(blocks) == 31;
        assert erf(blocks) < 13;
    }
}

network! {
    /// Dilation 2, 4 and 8 at the fourth, eighth and twelfth layer.
    Dilated {
        input: [3, 63, 63];
        stack: for d in [1, 1, 1, 2, 1, 1, 1, 4, 1, 1, 1, 8, 1, 1, 1] { conv(24, 3, padding = d, dilation = d) -> relu };
        assert erf(stack) >= 31;
    }
}

network! {
    /// Stride 2 at the fourth, eighth and twelfth layer.
    Strided {
        input: [3, 63, 63];
        stack: for s in [1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1, 1] { conv(24, 3, padding = 1, stride = s) -> relu };
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = common::folder()?;
    let networks: [(&str, &Graph); 4] = [
        ("plain", &Plain::GRAPH),
        ("skips", &Skips::GRAPH),
        ("dilation", &Dilated::GRAPH),
        ("strides", &Strided::GRAPH),
    ];
    println!("15 layers   theoretical   sigma, closed   sigma, sampled     erf   share of the theoretical");
    let mut fields = Vec::new();
    for (name, graph) in networks {
        let closed = Closed::of(graph).map()?;
        let stage = if name == "skips" { "blocks" } else { "stack" };
        let field = common::sample(graph, stage, 48).run()?;
        println!(
            "{name:<10}  {:>11}   {:>13.3}   {:<16}  {:>4}   {:.3}",
            closed.frame().theoretical.extents[0],
            closed.sigma()[0],
            field.sigma(0).to_string(),
            closed.extent(0.9545)[0],
            closed.ratio(0.9545)[0],
        );
        fields.push((name, field));
    }
    let [plain, skips, dilation, strides] = &fields[..] else { return Ok(()) };
    HeatMap::of(plain.0, &plain.1)
        .also(skips.0, &skips.1)
        .also(dilation.0, &dilation.1)
        .also(strides.0, &strides.1)
        .title("Fifteen 3\u{d7}3 layers")
        .scale(Scale::Log)
        .save(folder.join("structure_maps.png"))?;
    cumulative("Fifteen 3\u{d7}3 layers", fields.iter().map(|(name, field)| (*name, field.map())))
        .save(folder.join("structure_cumulative.png"))?;
    println!("\npictures: {}", folder.display());
    Ok(())
}

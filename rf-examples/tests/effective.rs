//! The effective field as a user has it: one network, in closed form and sampled, with figures, pictures and files.
use std::collections::BTreeSet;
use std::fs;

use receptive_field::effective::{Canvas, Closed, Erf, Field};
use receptive_field::picture::{
    HeatMap, PictureError, Scale, Terminal, cumulative, profile, terminal, write_json, write_npy,
};
use rf_examples::context_module::ContextModule;
use rf_examples::se_resnet::SeResNet50;

#[test]
fn from_a_network_to_files() -> Result<(), Box<dyn std::error::Error>> {
    let closed = Closed::of(&ContextModule::GRAPH).at("layer8").map()?;
    let run =
        |threads| Erf::of(&ContextModule::GRAPH).at("layer8").samples(24).seed(7).threads(threads).run();
    let sampled = run(1)?;
    assert!(sampled.sigma(0).agrees(closed.sigma()[0], 3.0), "{} and {:?}", sampled.sigma(0), closed.sigma());
    assert_eq!(run(3)?.energy(), sampled.energy());
    let text = sampled.to_string();
    assert!(text.starts_with("24 samples, 0 dead, 8 symmetries, unbounded canvas\nsigma "), "{text}");
    let figures = sampled.figures();
    assert!(figures.0.iter().flat_map(|figure| &figure.values).all(|value| value.error >= 0.0), "{text}");

    let folder = std::env::temp_dir().join(format!("rf-effective-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let map = HeatMap::of("sampled", &sampled).also("closed form", &closed).scale(Scale::Log);
    map.save(folder.join("map.png"))?;
    profile("rows", &sampled, 0).save(folder.join("profile.png"))?;
    cumulative("within a radius", [("sampled", sampled.energy()), ("closed", &closed)])
        .save(folder.join("cumulative.png"))?;
    write_npy(sampled.amplitude(), folder.join("amplitude.npy"))?;
    write_json(&sampled, "layer8", folder.join("figures.json"))?;
    let json = fs::read_to_string(folder.join("figures.json"))?;
    assert!(json.contains("\"samples\": 24,") && json.contains("\"luo\": {\"value\": ["), "{json}");
    let unwritable = map.save(folder.join("none").join("map.png"));
    assert!(matches!(unwritable, Err(PictureError::Write { .. })));
    let names: BTreeSet<String> = fs::read_dir(&folder)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    let wanted = ["amplitude.npy", "cumulative.png", "figures.json", "map.png", "profile.png"];
    assert_eq!(names, wanted.map(String::from).into());
    fs::remove_dir_all(folder)?;
    assert_eq!(terminal(&closed, 40, Scale::Linear, Terminal::Ascii).lines().count(), 20);
    Ok(())
}

#[test]
fn what_has_no_closed_form_is_sampled() -> Result<(), Box<dyn std::error::Error>> {
    let refused = Closed::of(&SeResNet50::GRAPH).at("layer1").map().unwrap_err().to_string();
    assert!(refused.contains("is a gate over all units") && refused.contains("Erf::of(&GRAPH)"), "{refused}");
    let table = SeResNet50::TABLE.with_effective().to_string();
    assert!(table.contains("\nhelp: sample it with") && table.contains("  σ  "), "{table}");
    let frame =
        *Erf::of(&SeResNet50::GRAPH).at("maxpool").samples(2).canvas(Canvas::Input).run()?.energy().frame();
    assert_eq!(frame.canvas, Canvas::Input);
    Ok(())
}

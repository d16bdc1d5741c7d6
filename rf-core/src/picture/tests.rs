//! Files are whole or absent, and pictures are drawn.
use std::string::ToString;
use std::{fs, process};

use super::super::{
    Chart, ColourMap, HeatMap, Mark, Scale, Terminal, cumulative, profile, terminal, write_json, write_npy,
};
use super::*;
use crate::effective::nets::{chain, resnet50, vgg16};
use crate::effective::{Closed, Frame, PixelBox};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("rf-pictures-{}-{name}", process::id()));
    fs::create_dir_all(&folder).expect("a folder for the test");
    folder
}

fn map() -> FieldMap {
    Closed::of(&chain(10, 101).graph()).map().expect("has a closed form")
}

#[test]
fn npy_holds_the_values() {
    let folder = folder("npy");
    let path = folder.join("map.npy");
    write_npy(&map(), &path).expect("is written");
    let bytes = fs::read(&path).expect("is there");
    assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert_eq!((10 + header) % 64, 0);
    let text = std::str::from_utf8(&bytes[10..10 + header]).expect("is ASCII");
    assert!(text.starts_with("{'descr': '<f8', 'fortran_order': False, 'shape': (21, 21,), }"), "{text}");
    let values: Vec<f64> = bytes[10 + header..]
        .chunks_exact(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().expect("eight bytes")))
        .collect();
    assert_eq!(values, map().values());
    // Nothing else is left in the folder, and an existing file is replaced.
    write_json(&map(), "a \"chain\"", &path).expect("is replaced");
    assert_eq!(fs::read_dir(&folder).expect("is there").count(), 1);
    assert!(fs::read_to_string(&path).expect("is there").contains(r#""name": "a \"chain\"""#));
    fs::remove_dir_all(folder).expect("goes away");
}

#[test]
fn an_unwritable_path_is_worded() {
    let path = Path::new("/nowhere/at/all/map.npy");
    let error = write_npy(&map(), path).expect_err("no such folder").to_string();
    assert!(error.starts_with("cannot write `/nowhere/at/all/map.npy`: "), "{error}");
    let folder = folder("unwritable");
    // A folder stands where the file should: the attempt leaves nothing behind.
    fs::create_dir(folder.join("taken")).expect("is made");
    assert!(write_npy(&map(), folder.join("taken")).is_err());
    assert_eq!(fs::read_dir(&folder).expect("is there").count(), 1);
    fs::remove_dir_all(folder).expect("goes away");
}

#[test]
fn one_axis_has_no_heat_map() {
    let pixels = PixelBox { origin: [0; 3], extents: [3, 1, 1] };
    let frame = Frame { rank: 1, pixels, theoretical: pixels, centre: [1.0, 0.0, 0.0], ..*map().frame() };
    let line = FieldMap::new(frame, Vec::from([1.0, 2.0, 1.0])).expect("a map");
    assert!(matches!(HeatMap::of("line", &line).draw(), Err(PictureError::OneAxis)));
    assert_eq!(terminal(&line, 80, Scale::Linear, Terminal::Ascii), "+@+\n");
    assert!(matches!(Chart::new("", "", "").draw(), Err(PictureError::Empty)));
    assert!(Chart::new("", "x", "y").series("one", Mark::Dots, [(1.0, 1.0)]).draw().is_ok());
}

#[test]
fn a_terminal_map_has_a_line_for_two_rows() {
    let text = terminal(&map(), 21, Scale::Log, Terminal::Ascii);
    assert_eq!(text.lines().count(), 11);
    assert!(text.lines().all(|line| line.len() == 21) && text.contains('@'));
    assert!(terminal(&map(), 21, Scale::Linear, Terminal::Colour).contains("\x1b[38;2;"));
}

#[test]
fn colours_are_the_published_ones() {
    for (map, part, published) in [
        (ColourMap::Viridis, 0.0, [68, 1, 84]),
        (ColourMap::Viridis, 0.5, [33, 145, 140]),
        (ColourMap::Viridis, 1.0, [253, 231, 37]),
        (ColourMap::Inferno, 0.0, [0, 0, 4]),
        (ColourMap::Inferno, 0.5, [188, 55, 84]),
        (ColourMap::Inferno, 1.0, [252, 255, 164]),
    ] {
        for (found, published) in map.at(part).into_iter().zip(published) {
            assert!(i32::from(found).abs_diff(published) <= 6, "{map:?} {part} {:?}", map.at(part));
        }
    }
}

/// Draws every kind of picture into `RF_PICTURES`, to be looked at.
#[test]
#[ignore = "for the eye"]
fn gallery() {
    let folder = PathBuf::from(std::env::var("RF_PICTURES").expect("a folder for the pictures"));
    let resnet = Closed::of(&resnet50(512).graph()).map().expect("has a closed form");
    let vgg = Closed::of(&vgg16(224).graph()).map().expect("has a closed form");
    let save = |name: &str| folder.join(name);
    HeatMap::of("layer4", &resnet)
        .title("ResNet-50, closed form")
        .save(save("heat_linear.png"))
        .expect("written");
    HeatMap::of("layer4", &resnet)
        .title("ResNet-50, closed form")
        .scale(Scale::Log)
        .colours(ColourMap::Viridis)
        .save(save("heat_log.png"))
        .expect("written");
    HeatMap::of("chain of 10", &map())
        .title("Ten 3\u{d7}3 convolutions")
        .save(save("heat_small.png"))
        .expect("written");
    HeatMap::of("ResNet-50 layer4", &resnet)
        .also("VGG-16 pool5", &vgg)
        .title("Two networks on one scale")
        .scale(Scale::Log)
        .save(save("heat_two.png"))
        .expect("written");
    profile("ResNet-50 layer4, rows", &resnet, 0).save(save("profile.png")).expect("written");
    cumulative("Energy within a radius", [("ResNet-50 layer4", &resnet), ("VGG-16 pool5", &vgg)])
        .save(save("cumulative.png"))
        .expect("written");
    std::println!("{}", terminal(&resnet, 60, Scale::Log, Terminal::Ascii));
}

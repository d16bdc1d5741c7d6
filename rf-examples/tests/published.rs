//! Numbers of the library asked from plain Rust: in const context, as an assertion of a user's own would be, and
//! at run time where one number is not enough.

use receptive_field::trace::{Bounds, mask};
use receptive_field::{Layer, Table};
use rf_examples::c3d::C3d;
use rf_examples::deeplab::AtrousPyramid;
use rf_examples::densenet::DenseNet121;
use rf_examples::hdc::{Hdc125, Hdc222, Hdc345};
use rf_examples::resnet::{ResNet18, ResNet34};
use rf_examples::resnet_bottleneck::{ResNet50, ResNet101, ResNet152};
use rf_examples::tcn::Tcn;
use rf_examples::unet::{UNet, UNetBilinear, UNetDepth3, UNetNearest};
use rf_examples::vgg::{Vgg11, Vgg13, Vgg16, Vgg19};
use rf_examples::yolo_v3::YoloV3;

const _: () = assert!(ResNet18::layer4.rf().min() == 435);
const _: () = assert!(ResNet34::layer4.rf().max() == 899);
const _: () = assert!(ResNet152::TABLE.params() == 60_192_808);
const _: () = assert!(ResNet50::TABLE.row("layer1.0.conv2").rf().min() == 19);
const _: () = assert!(ResNet50::TABLE.find("layer1.0.conv4").is_none());
const _: () = assert!(Tcn::<2>::network.rf().min() == 127);
const _: () = assert!(Tcn::<7>::network.rf().max() == 757);

/// Field, jump and effective padding along the first axis.
fn facts(layer: &Layer<'_>) -> (i64, String, Option<i64>) {
    (layer.rf().max(), layer.jump(0).map_or("none".to_owned(), |jump| jump.to_string()), layer.padding(0))
}

#[test]
fn deeper_networks_see_more() {
    let last = |table: &Table<'_>| facts(&table.row("layer4"));
    assert_eq!(last(&ResNet101::TABLE), (971, "32".into(), Some(485)));
    assert_eq!(last(&ResNet152::TABLE), (1451, "32".into(), Some(725)));
    let fields = [&Vgg11::TABLE, &Vgg13::TABLE, &Vgg16::TABLE, &Vgg19::TABLE]
        .map(|table| facts(&table.row("features")));
    assert_eq!(fields.map(|(field, ..)| field), [150, 156, 212, 268]);
}

#[test]
fn the_shortest_path_of_a_residual_network_is_its_projections() {
    // Stem and pool; every later unit is also reached through 1×1 convolutions and identities.
    assert_eq!(ResNet50::maxpool.shortest(0), 11);
    assert_eq!(ResNet50::layer4.shortest(0), 11);
    assert_eq!(ResNet50::layer4.is_productive(), Some(true));
}

#[test]
fn a_dense_block_keeps_every_path() {
    let block = DenseNet121::TABLE.row("features.denseblock1");
    assert_eq!((block.shortest(0), block.rf().max()), (11, 59));
}

#[test]
fn the_field_of_a_u_net_depends_on_the_unit() {
    let phases: Vec<_> =
        (0..8).map(|unit| UNetDepth3::head.phase(0, unit)).map(|p| (p.extent, p.left, p.right)).collect();
    let expected = [
        (92, 46, 45),
        (92, 47, 44),
        (100, 48, 51),
        (100, 49, 50),
        (100, 50, 49),
        (100, 51, 48),
        (92, 44, 47),
        (92, 45, 46),
    ];
    assert_eq!(phases, expected);
    assert_eq!(UNetDepth3::head.period(0), 8);
}

#[test]
fn four_of_sixteen_units_see_less() {
    let count =
        |layer: Layer<'_>, extent| (0..16).filter(|&unit| layer.phase(0, unit).extent == extent).count();
    assert_eq!((count(UNet::head, 188), count(UNet::head, 204)), (4, 12));
    assert_eq!((count(UNetNearest::head, 188), count(UNetNearest::head, 204)), (4, 12));
    assert_eq!((count(UNetBilinear::head, 220), count(UNetBilinear::head, 236)), (6, 10));
}

#[test]
fn halos_of_u_nets() {
    let halos = |layer: Layer<'_>| {
        [layer.halo(0), layer.halo_any(0)].map(|halo| halo.map(|halo| (halo.before, halo.after)))
    };
    assert_eq!(halos(UNetDepth3::head), [Some((46, 46)), Some((51, 51))]);
    assert_eq!(halos(UNet::head), [Some((94, 94)), Some((107, 107))]);
    assert_eq!(UNet::head.tile_multiple(0), Some(16));
}

#[test]
fn time_and_space_grow_apart() {
    let field = C3d::pool5.rf();
    assert_eq!([0, 1, 2].map(|axis| field.axis(axis).max), [76, 150, 150]);
    assert_eq!(C3d::pool5.jump(0).map(|jump| jump.to_string()), Some("16".into()));
}

#[test]
fn each_detector_head_covers_its_largest_anchor() {
    for (head, anchor) in [(YoloV3::large, 373), (YoloV3::medium, 119), (YoloV3::small, 33)] {
        assert!(head.rf().min() >= anchor, "{}", head.name());
    }
}

#[test]
fn holes_of_dilated_groups() {
    let used = |layer: Layer<'_>| {
        let input = layer.table().layer(0);
        mask(&layer, &[0, 0], &input, Bounds::Unbounded).map(|mask| mask.projection(0).members().len())
    };
    assert_eq!(used(Hdc222::group), Ok(7));
    assert_eq!(used(Hdc125::group), Ok(17));
    assert_eq!(used(Hdc345::group), Ok(21));
    assert_eq!(used(AtrousPyramid::aspp), Ok(7));
}

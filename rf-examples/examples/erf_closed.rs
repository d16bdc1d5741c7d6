//! Closed form against sampling, for every architecture of this library.
//!
//! The closed form is exact for linear chains and near for most networks. It is too wide where a ReLU follows the
//! addition (gates along a skip are correlated), and too narrow where a max pool over rectified units lies on one of
//! several paths: the largest of several is positive nearly always, and passes more than the half that a ReLU does by
//! itself. U-Nets show that most.
//!
//! Networks whose samples take long are sampled only where the third argument is `all`.

mod common;

use receptive_field::effective::Closed;
use receptive_field::picture::{Chart, Mark, Scale};
use receptive_field::{Table, graph::Graph};
use rf_examples::{
    alexnet, c3d, context_module, deeplab, densenet, efficientnet, fcn, fpn, googlenet, hdc, inception_v3,
    mobilenet_v1, mobilenet_v2, resnet, resnet_bottleneck, resnet_placement, se_resnet, squeezenet, tcn,
    unet, unet3d, vgg, wavenet, yolo_v3,
};

/// A network, its table, its usual number of samples, and whether one takes seconds.
type Entry = (&'static Graph<'static>, Table<'static>, u64, bool);

macro_rules! entries {
    ($($module:ident :: $name:ident $(< $k:literal >)? = $samples:literal $(, $slow:ident)?;)*) => {
        [$((
            &$module::$name $(::<$k>)? ::GRAPH,
            $module::$name $(::<$k>)? ::TABLE,
            $samples,
            entries!(@ $($slow)?),
        )),*]
    };
    (@ slow) => { true };
    (@) => { false };
}

const NETWORKS: [Entry; 42] = entries! {
    alexnet::AlexNet = 16;
    vgg::Vgg11 = 4;
    vgg::Vgg13 = 8, slow;
    vgg::Vgg16 = 8, slow;
    vgg::Vgg19 = 8, slow;
    googlenet::GoogLeNet = 4;
    inception_v3::InceptionV3 = 4, slow;
    resnet::ResNet18 = 4;
    resnet::ResNet34 = 8, slow;
    resnet_bottleneck::ResNet50 = 4;
    resnet_bottleneck::ResNet101 = 8, slow;
    resnet_bottleneck::ResNet152 = 8, slow;
    resnet_placement::ResNet50Original = 8, slow;
    resnet_placement::ResNet50Slim = 8, slow;
    resnet_placement::ResNet50Slim321 = 8, slow;
    densenet::DenseNet121 = 4, slow;
    squeezenet::SqueezeNet = 16;
    mobilenet_v1::MobileNetV1 = 8;
    mobilenet_v1::MobileNetV1At321 = 8, slow;
    mobilenet_v2::MobileNetV2 = 4;
    se_resnet::SeResNet50 = 4, slow;
    efficientnet::EfficientNetB0 = 4, slow;
    context_module::ContextModule = 32;
    context_module::ContextModuleLarge = 4;
    hdc::Hdc222 = 64;
    hdc::Hdc125 = 64;
    hdc::Hdc345 = 64;
    tcn::Tcn<3> = 256;
    wavenet::WaveNet = 8;
    deeplab::DeepLabV3 = 4, slow;
    deeplab::AtrousPyramid = 8, slow;
    fcn::Fcn32s = 4, slow;
    fcn::Fcn8s = 4, slow;
    fpn::ResNet50Fpn = 4, slow;
    unet::UNet = 8, slow;
    unet::UNetDepth3 = 4;
    unet::UNetNearest = 8, slow;
    unet::UNetBilinear = 8, slow;
    unet::UNetValid = 8, slow;
    yolo_v3::YoloV3 = 4, slow;
    c3d::C3d = 4, slow;
    unet3d::UNet3d = 4, slow;
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = common::folder()?;
    let all = std::env::args().nth(3).is_some_and(|word| word == "all");
    println!("network             layer                theoretical    closed   sampled           sampled is");
    let (mut points, mut reasons, mut ends) = (Vec::new(), Vec::new(), [f64::INFINITY, 0.0]);
    for (graph, table, usual, slow) in NETWORKS {
        // The last stage that is not global alone.
        let Some(layer) = table.stages().filter(|layer| layer.local_rf().max() > 0).last() else { continue };
        let field = layer.local_rf().max();
        let closed = Closed::of(graph).at(layer.name()).map();
        let text = closed.as_ref().map_or_else(|_| "-".into(), |map| format!("{:.2}", map.sigma()[0]));
        print!("{:<18}  {:<19}  {field:>11}  {text:>8}   ", graph.name, layer.name());
        if slow && !all {
            println!("-");
        } else {
            let sampled = common::sample(graph, layer.name(), usual).run()?.sigma(0);
            let off = |map: &receptive_field::effective::FieldMap| {
                let closed = map.sigma()[0];
                points.push((closed, sampled.value));
                ends = [ends[0].min(closed), ends[1].max(closed)];
                let share = |value: f64| 100.0 * value / closed;
                format!("{:+.1} ± {:.1} %", share(sampled.value) - 100.0, share(sampled.error))
            };
            let off = closed.as_ref().map_or_else(|_| "-".into(), off);
            println!("{:<16}  {off}", sampled.to_string());
        }
        reasons.extend(closed.err().map(|error| format!("{}: {error}", graph.name)));
    }
    for reason in reasons {
        println!("\n{}", reason.lines().next().unwrap_or_default());
    }
    Chart::new("Closed form and sampling", "sigma in closed form, px", "sigma sampled, px")
        .scales(Scale::Log, Scale::Log)
        .series("networks", Mark::Dots, points)
        .series("equal", Mark::Dashed, ends.map(|sigma| (sigma, sigma)))
        .save(folder.join("closed.png"))?;
    println!("\npicture: {}", folder.join("closed.png").display());
    Ok(())
}

//! Names, shapes, fields and parameters of every layer against torchvision's own sources.
//!
//! `torchvision.txt` was recorded by running torchvision's model definitions on a stand-in for tensors; it shares
//! no code with this library. What is compared here is all that a layer with parameters says of itself.

use receptive_field::Table;
use receptive_field::theory::TableBuf;
use rf_examples::alexnet::AlexNet;
use rf_examples::deeplab::DeepLabV3;
use rf_examples::densenet::DenseNet121;
use rf_examples::efficientnet::EfficientNetB0;
use rf_examples::googlenet::GoogLeNet;
use rf_examples::inception_v3::InceptionV3;
use rf_examples::mobilenet_v2::MobileNetV2;
use rf_examples::resnet::ResNet18;
use rf_examples::resnet_bottleneck::ResNet50;
use rf_examples::squeezenet::SqueezeNet;
use rf_examples::vgg::Vgg16;

const RECORD: &str = include_str!("torchvision.txt");

/// The record's lines for one model.
fn recorded(model: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("[{model}]");
    RECORD.lines().skip_while(move |line| *line != heading).skip(1).take_while(|line| !line.is_empty())
}

/// A layer as a line of the record.
fn line(table: &Table<'_>, name: &str) -> String {
    let Some(layer) = table.find(name) else { return format!("{name} is missing") };
    let shape = layer.shape();
    let params = layer.params();
    let &[height, width] = shape.extents() else {
        return format!("{name} {} - - - - - - - {params}", shape.channels);
    };
    let (field, jump) = (layer.local_rf(), layer.jump(0).map_or("-".to_owned(), |jump| jump.to_string()));
    let padding = |axis| layer.padding(axis).map_or("-".to_owned(), |padding| padding.to_string());
    format!(
        "{name} {} {height} {width} {} {} {jump} {} {} {params}",
        shape.channels,
        field.axis(0).max,
        field.axis(1).max,
        padding(0),
        padding(1)
    )
}

fn compare(model: &str, table: &Table<'_>) {
    // The compiler is told which layers repeat; the same theory at run time is not.
    let buffer = TableBuf::new(table.graph());
    assert_eq!(format!("{table:#}"), format!("{:#}", buffer.table()), "{model}");
    let mut compared = 0;
    let mut differences = Vec::new();
    for expected in recorded(model) {
        let name = expected.split(' ').next().unwrap_or_default();
        let found = line(table, name);
        // Within a gate the map has one unit and neither field nor jump of its own.
        let gate = expected.contains(" 1 1 ");
        let same = if gate { params(&found) == params(expected) } else { found == expected };
        if !same {
            differences.push(format!("torchvision {expected}\nhere        {found}"));
        }
        compared += 1;
    }
    assert!(compared > 7, "the record of {model} is missing");
    assert!(differences.is_empty(), "{model}:\n{}", differences.join("\n"));
    // Every layer that learns is in the record too.
    let learning = table.layers().filter(|layer| layer.params() > 0).count();
    assert_eq!(learning, compared, "{model} has layers that torchvision lacks");
}

fn params(line: &str) -> Option<&str> {
    line.split(' ').next_back()
}

macro_rules! compare {
    ($($test:ident: $model:ident;)*) => {
        $(#[test]
        fn $test() {
            compare(stringify!($model), &$model::TABLE);
        })*
    };
}

compare! {
    alexnet: AlexNet;
    vgg16: Vgg16;
    googlenet: GoogLeNet;
    inception_v3: InceptionV3;
    resnet18: ResNet18;
    resnet50: ResNet50;
    densenet121: DenseNet121;
    squeezenet: SqueezeNet;
    mobilenet_v2: MobileNetV2;
    efficientnet_b0: EfficientNetB0;
    deeplab_v3: DeepLabV3;
}

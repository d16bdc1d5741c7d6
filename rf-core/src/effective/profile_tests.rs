//! The const profiles against known answers.
extern crate std;
use super::super::nets::{Net, chain, resnet50, vgg16};
use super::*;
use crate::theory::TableBuf;

fn field(net: &Net, energy: f64) -> Effective {
    let graph = net.graph();
    let table = TableBuf::new(&graph);
    let layer = table.table().output();
    layer.effective(energy).expect("has a closed form")
}

#[test]
fn sigmas_of_the_known_answers() {
    for (layers, sigma) in [(5, 1.8257), (10, 2.5820), (20, 3.6515), (40, 5.1640)] {
        assert!((field(&chain(layers, 101), TWO_SIGMA).sigma[0] - sigma).abs() < 1e-4);
    }
    let vgg = field(&vgg16(224), TWO_SIGMA);
    assert!((vgg.sigma[1] - 27.64).abs() < 0.005, "{vgg:?}");
    assert_eq!(vgg.centre_twice, [223, 223, 0]);
    let resnet = field(&resnet50(224), TWO_SIGMA);
    assert!((resnet.sigma[0] - 41.3).abs() < 0.05, "{resnet:?}");
    assert_eq!((resnet.centre_twice[0], resnet.theoretical), (192, [427, 427, 1]));
}

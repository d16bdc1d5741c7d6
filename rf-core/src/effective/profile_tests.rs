//! The const profiles against known answers.
extern crate std;
use super::super::nets::{Net, chain, resnet50, vgg16};
use super::*;
use crate::theory::{Assertion, At, Compare, Query, TableBuf, Value};

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

/// The words of an assertion on a network, `None` where it holds.
fn verdict(net: &Net, energy: f64, compare: (Compare, Value<'_>)) -> Option<std::string::String> {
    let graph = net.graph();
    let table = TableBuf::new(&graph);
    let assertion = Assertion {
        query: Query::Erf { energy },
        at: At::Network,
        axis: None,
        negate: false,
        compare: Some(compare),
    };
    let checked = std::panic::catch_unwind(|| crate::theory::assert(&table.table(), assertion));
    checked.err().map(|panic| *panic.downcast::<std::string::String>().expect("a formatted message"))
}

#[test]
fn assertions_hold_or_say_by_how_much_not() {
    let ten = chain(10, 101);
    assert_eq!(verdict(&ten, TWO_SIGMA, (Compare::Eq, Value::Int(11))), None);
    assert_eq!(
        verdict(&ten, TWO_SIGMA, (Compare::Ge, Value::Int(13)))
            .as_deref()
            .and_then(|text| text.lines().next()),
        Some("effective receptive field of `n20` is 11 px, asserted at least 13 px: short by 2")
    );
    let mut gated = chain(2, 31);
    gated.then(crate::graph::Op::SqueezeExcite { squeeze: 4 });
    assert_eq!(
        verdict(&gated, 0.9, (Compare::Ge, Value::Int(3))).as_deref(),
        Some(
            "effective receptive field of `n5` is not known at compile time: `n5` is a gate over all units \
             (squeeze-excite), which has no closed form\nhelp: sample it with `Erf::of(&GRAPH).at(..).run()`"
        )
    );
    assert_eq!(
        verdict(&ten, 1.5, (Compare::Ge, Value::Int(3))).as_deref(),
        Some("`energy` of `erf` is a share: a number between 0 and 1")
    );
}

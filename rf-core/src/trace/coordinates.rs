//! Feature coordinates and image coordinates.

use crate::theory::{Layer, Ratio};

/// The centre of the local field of unit `unit` along `axis`, in pixels, exact. Half pixels are real: that of VGG-16's
/// central unit at 224 is 111.5.
///
/// Behind upsampling fields lean to one side or the other, by phase, and two units can have one centre.
/// [`Layer::pixel_of`] says where the middle of a unit's window lies, whatever its phase, and has an exact inverse.
///
/// `None` where the unit sees no pixel along local paths.
#[must_use]
pub fn centre(layer: &Layer<'_>, axis: usize, unit: i64) -> Option<Ratio> {
    let field = layer.data().axis(axis).field(layer.table().phases(), unit);
    if field.is_empty() { None } else { Some(Ratio::new(field.first + field.last, 2)) }
}

/// The feature coordinate, a rational, whose field has its centre at image coordinate `pixel`: the inverse of [`centre`].
///
/// Between units it is linear, from one unit's centre to the next one's; the round trip of every unit is exact
/// wherever centres ascend. `None` where the layer has no jump.
#[must_use]
pub fn unit_at(layer: &Layer<'_>, axis: usize, pixel: Ratio) -> Option<Ratio> {
    let jump = layer.jump(axis)?;
    let first = centre(layer, axis, 0)?;
    // A first guess from unit 0 and the jump, then the pair of neighbours around the pixel.
    let distance = Ratio::new(pixel.num * first.den - first.num * pixel.den, pixel.den * first.den);
    let guess = (distance.num * jump.den).div_euclid(distance.den * jump.num);
    let period = layer.period(axis);
    let mut unit = guess - period;
    while unit <= guess + period {
        let (here, next) = (centre(layer, axis, unit), centre(layer, axis, unit + 1));
        if let (Some(here), Some(next)) = (here, next)
            && !less(pixel, here)
            && less(pixel, next)
        {
            return Some(between(unit, here, next, pixel));
        }
        unit += 1;
    }
    None
}

fn less(a: Ratio, b: Ratio) -> bool {
    a.num * b.den < b.num * a.den
}

/// `unit` plus the share of the way from `here` to `next` at which `pixel` lies.
fn between(unit: i64, here: Ratio, next: Ratio, pixel: Ratio) -> Ratio {
    let way = Ratio::new(next.num * here.den - here.num * next.den, next.den * here.den);
    let gone = Ratio::new(pixel.num * here.den - here.num * pixel.den, pixel.den * here.den);
    let share = Ratio::new(gone.num * way.den, gone.den * way.num);
    Ratio::new(unit * share.den + share.num, share.den)
}

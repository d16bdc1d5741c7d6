//! Every question that is no query of the language, asked of a U-Net of depth 3: some by the compiler, the others when
//! the program runs.

use receptive_field::theory::{Interval, Phase, Ratio};
use receptive_field::trace::{Bounds, TraceError};
use receptive_field::{Layer, Table, trace};
use rf_examples::unet::UNetDepth3;

const TABLE: Table<'static> = UNetDepth3::TABLE;
const HEAD: Layer<'static> = UNetDepth3::head;
const WIDTH: usize = 1;

/// What a block of eight units of the head reads of the deepest layer, as the compiler knows it.
const BLOCK: Option<Interval> = HEAD.window_in(&UNetDepth3::bottom, WIDTH, Interval { first: 64, last: 71 });
/// The units of the deepest layer that pixel 100 reaches.
const REACHED: Option<Interval> = UNetDepth3::bottom.reached_by(&TABLE.layer(0), WIDTH, 100);

fn main() -> Result<(), TraceError> {
    println!("One period of the head's fields, as extent (left, right):");
    for Phase { extent, left, right } in HEAD.phases(WIDTH) {
        print!("  {extent} ({left}, {right})");
    }
    let [corner, middle] = [0, 128].map(|unit| HEAD.clipped_field(WIDTH, unit).extent());
    println!("\n\nInside the image the corner unit sees {corner} px of that, unit 128 sees {middle}.");
    if let (Some(block), Some(reached)) = (BLOCK, REACHED) {
        println!("Units 64 to 71 read units {} to {} of the bottom;", block.first, block.last);
        println!("pixel 100 reaches units {} to {} there.", reached.first, reached.last);
    }

    let input = TABLE.layer(0);
    let mask = trace::mask(&HEAD, &[100, 100], &input, Bounds::Real)?;
    println!("\nUnit (100, 100) reads {} pixels, {:.0} % of its box.", mask.count(), 100.0 * mask.coverage());
    let reached = trace::projective_mask(&input, &[100, 100], &HEAD)?;
    println!("Pixel (100, 100) reaches {} units of the head.", reached.count());
    println!("Without holes: {}.", trace::is_dense(&HEAD)?);

    if let (Some(halo), Some(any), Some(multiple)) =
        (HEAD.halo(WIDTH), HEAD.halo_any(WIDTH), HEAD.tile_multiple(WIDTH))
    {
        println!(
            "\nA tile on multiples of {multiple} px needs {} px around it, any tile {}.",
            halo.max(),
            any.max()
        );
    }
    if let Some(pixel) = HEAD.pixel_of(WIDTH, Ratio::new(40, 1))
        && let Some(unit) = HEAD.unit_of(WIDTH, pixel)
    {
        println!("Unit 40 lies at pixel {pixel}; at that pixel lies unit {unit}.");
    }

    println!("\nDoes every unit see the whole image: {:?}. ", HEAD.covers() == Some(true));
    println!("Does the central one: {:?}.", HEAD.covers_at_centre() == Some(true));
    println!("Smallest input: {:?} px.", trace::smallest_input(&TABLE, 1000));
    if let Some(range) = trace::productive_inputs(&TABLE, 1000) {
        println!(
            "Every layer is productive from {} px; up to {} px some unit sees all.",
            range.min, range.max
        );
    }
    let deep = trace::unproductive(&TABLE, 16).count();
    println!("At 16 px, {deep} of {} layers are not.", TABLE.len());
    Ok(())
}

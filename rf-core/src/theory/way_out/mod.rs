//! What would mend a failing assertion: up to three single changes of the source that make it true and leave the
//! network's other assertions as they are.
//!
//! A change is made to one argument of one layer as the source writes it, so to all nodes that this layer became:
//! its dilation, kernel, stride, padding or channels, or one copy more or fewer of a repeat. Padding that keeps the
//! extent goes with a window. Where it begins is guessed, from what a tap adds to the widest path; whether it does,
//! and the number that it gives, comes from evaluating a changed copy of the graph, from the changed layer on.
//!
//! The cheapest comes first: the one that adds the fewest multiply-accumulates to the network (parameters, where an
//! extent is not fixed; less than before counts as none), then the one that changes its arguments by the least.
//! The search ends after so many evaluations of a layer that a failing assertion adds at most about 0.2 s to a check;
//! where changes are left then, the message says so.
//!
//! In reading order: `source` (what can be changed), `gap` (what is missing), `propose` (what to try), `change` (what it
//! makes of a layer), `repeat`, `price` (what asking costs), `search`, `findings` (the best, in words).

mod change;
mod findings;
mod gap;
mod price;
mod propose;
mod repeat;
mod search;
mod source;

use super::assertion::Asserted;
use super::layer::Layer;
use super::text::Text;

/// Appends to the words of a failing assertion what would mend it.
pub(crate) const fn way_out(layer: &Layer<'_>, asserted: &Asserted<'_>, index: usize, text: &mut Text) {
    // Nobody has told where layers stand: there are networks within the network.
    if matches!(asserted.sources.as_bytes(), [b'-', ..]) {
        return;
    }
    // At run time all of it would stand on a thread's stack.
    let compiling = !asserted.sources.is_empty();
    // To ask once more would cost more than the whole search may.
    if compiling && price::too_dear(layer, &asserted.assertions[index]) {
        text.str("\nhelp: no change was tried: that would take too long in const evaluation");
        return;
    }
    let Some(gap) = gap::gap(layer, &asserted.assertions[index]) else { return };
    // Room for the network, and for what a repeat adds.
    match layer.table.len() {
        0..=48 if layer.table.phases.len() < 512 => search::search::<64>(layer, asserted, index, gap, text),
        0..=224 if compiling && layer.table.phases.len() < 4096 => {
            search::search::<256>(layer, asserted, index, gap, text);
        }
        0..=960 if compiling && layer.table.phases.len() < 4096 => {
            search::search::<1024>(layer, asserted, index, gap, text);
        }
        _ if !compiling => {}
        _ => {
            text.str("\nhelp: the network is too large to try changes in const evaluation");
        }
    }
}

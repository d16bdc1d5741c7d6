//! What a rearrangement amounts to, once a layer needs its units in their places.

use rf_core::graph::{MAX_RANK, Op, PerAxis};

use super::{Importer, Map, pointwise};
use crate::layout::{Axis, Dim, Factor, Size, joined};
use crate::node::{Outcome, unknown, wrong};

/// A map whose channels lie in one dimension and whose axes each in their own.
pub(super) struct Settled {
    pub(super) layer: usize,
    /// The batch, and axes that lie in it: to a layer these are images apart.
    lead: Dim,
    /// The graph's axis of each spatial dimension; none where a dimension of one unit has none to itself.
    pub(super) axes: Vec<Option<usize>>,
    guessed: bool,
}

impl Settled {
    /// Arguments of a node's axes as arguments of the graph's. Where an axis is not the node's it gets `neutral`, and
    /// where one is not the graph's the node's must be neutral.
    pub(super) fn spread(&self, given: PerAxis, neutral: i64) -> Outcome<PerAxis> {
        let mut all = [neutral; MAX_RANK];
        for (value, axis) in given.into_iter().zip(&self.axes) {
            match axis {
                Some(axis) => all[*axis] = value,
                None if value == neutral => {}
                None => {
                    return unknown(
                        "its window lies along a dimension that is no axis of the network's input",
                    );
                }
            }
        }
        Ok(all)
    }
}

impl Importer<'_> {
    /// Brings a tensor `N×C×…` to a layer with a window.
    pub(super) fn settle(&mut self, map: &Map) -> Outcome<Settled> {
        let [lead, channels, space @ ..] = &map.dims[..] else {
            return wrong(format!("its input has {} dimensions", map.dims.len()));
        };
        if lead.iter().any(|factor| matches!(factor.axis, Axis::Channel) || factor.stride != 1) {
            return unknown("channels or parts of an axis lie in the batch");
        }
        let (mut axes, mut down, mut up) = (Vec::new(), [1; MAX_RANK], [1; MAX_RANK]);
        let mut fine: Vec<Factor> = Vec::new();
        for dim in space {
            axes.push(match dim[..] {
                [] => None,
                [Factor { axis: Axis::Space(own), stride, .. }] => {
                    down[own] = stride;
                    Some(own)
                }
                [
                    Factor { axis: Axis::Space(own), stride: 1, .. },
                    low @ Factor { axis: Axis::Channel, .. },
                ] => {
                    up[own] = low.size.known().unwrap_or(1);
                    fine.push(low);
                    Some(own)
                }
                _ => return unknown("its spatial dimensions are made of several axes"),
            });
        }
        self.seat(map, &mut axes);
        let mut layer = map.layer;
        let mut order = channels.clone();
        if down != [1; MAX_RANK] {
            layer = self.push("unshuffle", Op::PixelUnshuffle { factor: down }, &[layer])?;
            order = unshuffled(&order, down)?;
        }
        if order.iter().chain(&fine).any(|factor| factor.axis != Axis::Channel) {
            return unknown("its channels are made of parts of other axes");
        }
        order.extend(fine);
        layer = self.reorder(layer, order)?;
        if up != [1; MAX_RANK] {
            layer = self.push("shuffle", Op::PixelShuffle { factor: up }, &[layer])?;
        }
        Ok(Settled { layer, lead: lead.clone(), axes, guessed: map.guessed })
    }

    /// Gives dimensions of one unit an axis that nobody else has.
    fn seat(&self, map: &Map, axes: &mut [Option<usize>]) {
        let taken: Vec<Axis> = map.dims.iter().flatten().map(|factor| factor.axis).collect();
        let flat = self.infos[map.layer].flat;
        let mut free = (0..self.rank).filter(|&axis| !flat && !taken.contains(&Axis::Space(axis)));
        // Behind all that is taken, so that height stays before width where that is possible.
        let holes = axes.iter().filter(|axis| axis.is_none()).count();
        let spare = free.clone().count().saturating_sub(holes);
        free.by_ref().take(spare).for_each(drop);
        for axis in axes.iter_mut().filter(|axis| axis.is_none()) {
            *axis = free.next();
        }
    }

    /// Puts the channels of a layer into the order of `factors`, outermost first.
    pub(super) fn reorder(&mut self, layer: usize, factors: Vec<Factor>) -> Outcome<usize> {
        let order = joined(factors);
        match order[..] {
            [] => Ok(layer),
            [Factor { stride: 1, size, .. }] => {
                let all = self.infos[layer].channels;
                if size == Size::Known(all) || size.known().is_none() {
                    Ok(layer)
                } else {
                    unknown("it takes channels from several dimensions")
                }
            }
            [Factor { stride: 1, .. }, Factor { size: Size::Known(groups), .. }] => {
                self.push("channels", Op::ChannelShuffle { groups }, &[layer])
            }
            _ => self.push("channels", pointwise(0), &[layer]),
        }
    }

    /// A settled map behind a layer.
    pub(super) fn behind_settled(&mut self, settled: &Settled, layer: usize) -> Map {
        let channels = self.channel_size(layer);
        let extents = self.infos[layer].extents;
        let lead = settled.lead.iter().map(|factor| match factor.axis {
            Axis::Space(axis) => Factor { size: extents[axis], ..*factor },
            _ => *factor,
        });
        let mut dims = vec![joined(lead), joined([Factor::whole(Axis::Channel, channels)])];
        dims.extend(settled.axes.iter().map(|axis| {
            axis.map_or_else(Dim::new, |axis| joined([Factor::whole(Axis::Space(axis), extents[axis])]))
        }));
        Map { layer, dims, guessed: settled.guessed }
    }
}

/// Channels of which some are the inner parts of axes, once a pixel unshuffle has made them channels.
fn unshuffled(order: &Dim, down: PerAxis) -> Outcome<Vec<Factor>> {
    let parts: i64 = down.iter().product();
    let mut all = Vec::new();
    for factor in order {
        all.push(match factor.axis {
            Axis::Channel => {
                let Some(stride) = factor.stride.checked_mul(parts) else {
                    return wrong("its channels are too many to count");
                };
                Factor { stride, ..*factor }
            }
            Axis::Space(axis) if factor.stride == 1 && factor.size == Size::Known(down[axis]) => {
                Factor { axis: Axis::Channel, size: factor.size, stride: down[axis + 1..].iter().product() }
            }
            _ => return unknown("its channels are made of parts of other axes"),
        });
    }
    let found = all.len() - order.iter().filter(|factor| factor.axis == Axis::Channel).count();
    let wanted = down.iter().filter(|&&factor| factor > 1).count();
    if found == wanted { Ok(all) } else { unknown("parts of its axes lie in the batch") }
}

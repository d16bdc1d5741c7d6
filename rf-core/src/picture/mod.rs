//! Pictures and files of effective fields: heat maps, profiles and curves as PNG, terminal heat maps, `.npy`, JSON.
//!
//! Every file is written beside its place under another name and then renamed, so no half-written file is left.

mod chart;
mod colour;
mod file;
mod heat;
mod raster;
mod terminal;

pub use chart::{Chart, Mark, Scale, Series, cumulative, profile};
pub use colour::{ColourMap, SERIES};
pub use file::{PictureError, write_json, write_npy};
pub use heat::HeatMap;
pub use terminal::{Terminal, terminal};

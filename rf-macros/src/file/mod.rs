//! Networks in files: read, written as source, parsed, and put where they are named.
//!
//! The graph of a file takes the way of a written network from here on, so that there is one way. Its tokens stand where
//! the file's name stands.

#[cfg(feature = "onnx")]
mod onnx;

#[cfg(feature = "onnx")]
pub(crate) use onnx::read;

/// Says that files are not read.
#[cfg(not(feature = "onnx"))]
pub(crate) fn read(errors: &mut crate::errors::Errors, network: &mut crate::ast::Network) {
    for same in network.same_as.drain(..) {
        errors.at(same.file.place, crate::messages::needs_onnx(&same.file.path));
    }
    if let Some(file) = network.header.as_mut().and_then(|header| header.file.take()) {
        errors.at(file.place, crate::messages::needs_onnx(&file.path));
        network.give_up();
    }
}

impl crate::ast::Network {
    /// Silences what follows from a file that was not read: that there is no input, and that no name is known.
    fn give_up(&mut self) {
        self.body = false;
        self.assertions.clear();
    }
}

//! Real architectures whose published receptive fields the compiler checks.
//!
//! Each network asserts its numbers inside `network!` itself: this crate compiles because they are right. Layers
//! are named as in the `state_dict` of the layout that the network's documentation names. Numbers come from the
//! cited papers where these give them, and from a count of the layers that shares nothing with this library.
//!
//! | look here | for |
//! |---|---|
//! | [`alexnet`], [`vgg`] | chains |
//! | [`googlenet`], [`inception_v3`] | branches side by side, axes that differ |
//! | [`resnet`], [`resnet_bottleneck`], [`resnet_placement`] | residual paths, and what the place of a stride changes |
//! | [`densenet`], [`squeezenet`] | concatenation |
//! | [`mobilenet_v1`], [`mobilenet_v2`] | `same` padding, depthwise convolutions |
//! | [`se_resnet`], [`efficientnet`] | gates: global, and a local field beside it |
//! | [`context_module`], [`hdc`] | dilation, with and without holes |
//! | [`tcn`], [`wavenet`], [`c3d`] | one and three axes |
//! | [`unet`], [`unet3d`], [`fcn`], [`fpn`], [`deeplab`], [`yolo_v3`] | decoders: phases, halos, alignment |
//!
//! The programs in `examples/` teach the subject, each in one page: `cargo run --example tour`.

// Chains.
pub mod alexnet;
pub mod vgg;

// Branches.
pub mod densenet;
pub mod googlenet;
pub mod inception_v3;
pub mod resnet;
pub mod resnet_bottleneck;
pub mod resnet_placement;
pub mod squeezenet;

// Mobile networks and gates.
pub mod efficientnet;
pub mod mobilenet_v1;
pub mod mobilenet_v2;
pub mod se_resnet;

// Dilation; one and three axes.
pub mod c3d;
pub mod context_module;
pub mod hdc;
pub mod tcn;
pub mod wavenet;

// Decoders.
pub mod deeplab;
pub mod fcn;
pub mod fpn;
pub mod unet;
pub mod unet3d;
pub mod yolo_v3;

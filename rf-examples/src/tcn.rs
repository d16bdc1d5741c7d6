//! Temporal convolutional networks: causal, dilated, residual.

use receptive_field::network;

network! {
    /// A temporal convolutional network (Bai et al. 2018, "An Empirical Evaluation of Generic Convolutional and
    /// Recurrent Networks for Sequence Modeling", arXiv:1803.01271, section 3), names as in the authors' code.
    ///
    /// The kernel is a const generic, so the assertions hold for every kernel that is ever used, and are checked
    /// when it is. The two convolutions of a block share a dilation, so a block adds `2 (K − 1) d`: over
    /// d = 1, 2, .., 32 that is `126 (K − 1)`.
    pub Tcn<const K: usize> {
        input: [1, _];

        block first(c) {
            (conv1: conv(c, K, padding = causal) -> relu1: relu -> dropout1: dropout
                -> conv2: conv(c, K, padding = causal) -> relu2: relu -> dropout2: dropout
                + downsample: conv(c, 1)) -> relu
        }
        block temporal(c, d) {
            (conv1: conv(c, K, dilation = d, padding = causal) -> relu1: relu -> dropout1: dropout
                -> conv2: conv(c, K, dilation = d, padding = causal) -> relu2: relu -> dropout2: dropout
                + identity) -> relu
        }

        network: first(25) -> for d in [2, 4, 8, 16, 32] { temporal(25, d) };
        linear:  conv(10, 1);

        assert rf(network) == 1 + 126 * (K - 1);
        // Causal: everything that a unit sees lies before it.
        assert padding(network) == 126 * (K - 1);
        assert jump(network) == 1;
    }
}

/// The kernel of Bai et al.'s copy-memory task: 253 steps.
const _: () = assert!(Tcn::<3>::network.rf().min() == 253);

//! WaveNet: a second of sound, one sample at a time.

use receptive_field::network;

network! {
    /// One stack of WaveNet (van den Oord et al. 2016, "WaveNet: A Generative Model for Raw Audio",
    /// arXiv:1609.03499, sections 2.1 to 2.4): causal convolutions of two taps, dilations 1, 2, .., 512, gated
    /// units, residual and skip connections. Input is one-hot, 256 μ-law levels.
    ///
    /// The paper: "each 1, 2, 4, .., 512 block has receptive field of size 1024". At 16 kHz that is 64 ms.
    pub WaveNet {
        input: [256, 16_000];

        block gated(d) {
            unit: mul [filter: conv(32, 2, dilation = d, padding = causal) -> tanh,
                       gate: conv(32, 2, dilation = d, padding = causal) -> sigmoid]
                -> residual: conv(32, 1)
                + identity
        }

        start:  conv(32, 1);
        layers: for d in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] { gated(d) };
        // The skip connections leave each layer before its residual convolution.
        skips:  (layers.0.unit -> conv(256, 1))
              + (layers.1.unit -> conv(256, 1))
              + (layers.2.unit -> conv(256, 1))
              + (layers.3.unit -> conv(256, 1))
              + (layers.4.unit -> conv(256, 1))
              + (layers.5.unit -> conv(256, 1))
              + (layers.6.unit -> conv(256, 1))
              + (layers.7.unit -> conv(256, 1))
              + (layers.8.unit -> conv(256, 1))
              + (layers.9.unit -> conv(256, 1));
        relu;
        end1:   conv(256, 1);
        relu;
        end2:   conv(256, 1);

        assert rf(start) == 1;
        assert rf(layers.0) == 2;
        assert rf(layers.4) == 32;
        assert rf(layers) == 1024;
        assert rf(end2) == 1024;
        // Causal: the present sample and 1023 before it.
        assert padding(end2) == 1023;
        assert dense(end2);
        assert shape(end2) == [256, 16_000];
    }
}

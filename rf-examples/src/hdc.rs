//! Hybrid dilated convolution: which dilations leave holes.
//!
//! Wang et al. 2017, "Understanding Convolution for Semantic Segmentation", arXiv:1702.08502, section 3.2. A
//! group of equal dilations reads the image like a comb ("gridding"): three 3×3 convolutions of dilation 2 span
//! 13 pixels and use 7. Dilations without a common factor can fill the gaps.

use receptive_field::network;

network! {
    /// Dilations 2, 2, 2: every second pixel of the field is never read.
    pub Hdc222 {
        input: [64, _, _];

        group: for d in [2, 2, 2] { conv(64, 3, dilation = d, padding = same) };

        assert rf(group) == 13;
        assert !dense(group);
    }
}

network! {
    /// Dilations 1, 2, 5, the paper's remedy: more pixels, and all of them.
    pub Hdc125 {
        input: [64, _, _];

        group: for d in [1, 2, 5] { conv(64, 3, dilation = d, padding = same) };

        assert rf(group) == 17;
        assert dense(group);
    }
}

network! {
    /// Dilations 3, 4, 5: no common factor, and still 4 of 25 pixels a row stay unread.
    pub Hdc345 {
        input: [64, _, _];

        group: for d in [3, 4, 5] { conv(64, 3, dilation = d, padding = same) };

        assert rf(group) == 25;
        assert !dense(group);
    }
}

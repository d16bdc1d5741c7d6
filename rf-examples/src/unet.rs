//! U-Net: an encoder, a decoder, and skips between them.
//!
//! Ronneberger et al. 2015, "U-Net: Convolutional Networks for Biomedical Image Segmentation",
//! arXiv:1505.04597. After the first up-convolution the receptive field is no longer one number: it depends on
//! the unit's place within a period of 2^depth units, and published tables that give one number are wrong. A tile
//! must be cut on a multiple of that period and needs a halo: [`UNet`] 94 pixels.

use receptive_field::network;

network! {
    /// Depth 4, `same` convolutions, up-convolution by two: 188 pixels for 4 of 16 units, 204 for the others.
    pub UNet {
        input: [3, 256, 256];

        block double(c) { conv(c, 3, padding = same) -> relu -> conv(c, 3, padding = same) -> relu }

        enc1:   double(64);
        pool1:  max_pool(2);
        enc2:   double(128);
        pool2:  max_pool(2);
        enc3:   double(256);
        pool3:  max_pool(2);
        enc4:   double(512);
        pool4:  max_pool(2);
        bottom: double(1024);
        dec4:   [up: conv_transpose(512, 2, stride = 2), enc4] -> convs: double(512);
        dec3:   [up: conv_transpose(256, 2, stride = 2), enc3] -> convs: double(256);
        dec2:   [up: conv_transpose(128, 2, stride = 2), enc2] -> convs: double(128);
        dec1:   [up: conv_transpose(64, 2, stride = 2), enc1] -> convs: double(64);
        head:   conv(2, 1);

        assert rf(enc4) == 68;
        assert rf(bottom) == 140;
        assert rf(head) >= 188;
        assert rf(head) <= 204;
        assert jump(head) == 1;
        assert halo(head) == 94;
        assert live(head);
        assert dense(head);
        assert shape(head) == [2, 256, 256];
        assert params() == 31_031_810;
    }
}

network! {
    /// Depth 3: 92 or 100 pixels, half of the units each.
    pub UNetDepth3 {
        input: [3, 256, 256];

        block double(c) { conv(c, 3, padding = same) -> relu -> conv(c, 3, padding = same) -> relu }

        enc1:   double(64);
        pool1:  max_pool(2);
        enc2:   double(128);
        pool2:  max_pool(2);
        enc3:   double(256);
        pool3:  max_pool(2);
        bottom: double(512);
        dec3:   [up: conv_transpose(256, 2, stride = 2), enc3] -> convs: double(256);
        dec2:   [up: conv_transpose(128, 2, stride = 2), enc2] -> convs: double(128);
        dec1:   [up: conv_transpose(64, 2, stride = 2), enc1] -> convs: double(64);
        head:   conv(2, 1);

        assert rf(head) >= 92;
        assert rf(head) <= 100;
        assert jump(head) == 1;
        assert halo(head) == 46;
        assert live(head);
        assert shape(head) == [2, 256, 256];
        assert params() == 7_697_410;
    }
}

network! {
    /// Depth 4 with nearest upsampling, which reads what an up-convolution of two by two reads.
    pub UNetNearest {
        input: [3, 256, 256];

        block double(c) { conv(c, 3, padding = same) -> relu -> conv(c, 3, padding = same) -> relu }

        enc1:   double(64);
        pool1:  max_pool(2);
        enc2:   double(128);
        pool2:  max_pool(2);
        enc3:   double(256);
        pool3:  max_pool(2);
        enc4:   double(512);
        pool4:  max_pool(2);
        bottom: double(1024);
        dec4:   [up: upsample(2), enc4] -> convs: double(512);
        dec3:   [up: upsample(2), enc3] -> convs: double(256);
        dec2:   [up: upsample(2), enc2] -> convs: double(128);
        dec1:   [up: upsample(2), enc1] -> convs: double(64);
        head:   conv(2, 1);

        assert rf(head) >= 188;
        assert rf(head) <= 204;
        assert jump(head) == 1;
        assert halo(head) == 94;
        assert live(head);
        assert shape(head) == [2, 256, 256];
        assert params() == 31_379_010;
    }
}

network! {
    /// Depth 4 with bilinear upsampling: between two pixels a unit reads both, 32 pixels more in all.
    pub UNetBilinear {
        input: [3, 256, 256];

        block double(c) { conv(c, 3, padding = same) -> relu -> conv(c, 3, padding = same) -> relu }

        enc1:   double(64);
        pool1:  max_pool(2);
        enc2:   double(128);
        pool2:  max_pool(2);
        enc3:   double(256);
        pool3:  max_pool(2);
        enc4:   double(512);
        pool4:  max_pool(2);
        bottom: double(1024);
        dec4:   [up: upsample(2, mode = bilinear), enc4] -> convs: double(512);
        dec3:   [up: upsample(2, mode = bilinear), enc3] -> convs: double(256);
        dec2:   [up: upsample(2, mode = bilinear), enc2] -> convs: double(128);
        dec1:   [up: upsample(2, mode = bilinear), enc1] -> convs: double(64);
        head:   conv(2, 1);

        assert rf(head) >= 220;
        assert rf(head) <= 236;
        assert jump(head) == 1;
        assert halo(head) == 110;
        assert live(head);
        assert shape(head) == [2, 256, 256];
        assert params() == 31_379_010;
    }
}

network! {
    /// The network of the paper's figure 1: unpadded convolutions, so that a 572×572 tile gives 388×388 labels,
    /// each from pixels that all exist. Skips are cropped to the decoder's size; 31,030,658 parameters.
    pub UNetValid {
        input: [1, 572, 572];

        block double(c) { conv(c, 3) -> relu -> conv(c, 3) -> relu }

        enc1:   double(64);
        pool1:  max_pool(2);
        enc2:   double(128);
        pool2:  max_pool(2);
        enc3:   double(256);
        pool3:  max_pool(2);
        enc4:   double(512);
        pool4:  max_pool(2);
        bottom: double(1024);
        dec4:   [enc4 -> crop(4), up: conv_transpose(512, 2, stride = 2)] -> convs: double(512);
        dec3:   [enc3 -> crop(16), up: conv_transpose(256, 2, stride = 2)] -> convs: double(256);
        dec2:   [enc2 -> crop(40), up: conv_transpose(128, 2, stride = 2)] -> convs: double(128);
        dec1:   [enc1 -> crop(88), up: conv_transpose(64, 2, stride = 2)] -> convs: double(64);
        head:   conv(2, 1);

        assert shape(bottom) == [1024, 28, 28];
        assert shape(head) == [2, 388, 388];
        assert rf(bottom) == 140;
        assert rf(head) >= 188;
        assert rf(head) <= 204;
        // The first label lies 92 pixels inside the tile and sees to its very corner.
        assert start(head) == 0;
        assert params() == 31_030_658;
    }
}

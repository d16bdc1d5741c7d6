//! 3-D U-Net.

use receptive_field::network;

network! {
    /// 3-D U-Net (Çiçek et al. 2016, "3D U-Net: Learning Dense Volumetric Segmentation from Sparse Annotation",
    /// arXiv:1606.06650, figure 2): unpadded convolutions, a tile of 132×132×116 voxels gives 44×44×28.
    ///
    /// The paper counts 19,069,955 parameters: convolutions with bias, batch norm by statistics alone (Caffe's,
    /// whose scale and shift are a layer of its own) and up-convolutions without bias.
    pub UNet3d {
        input: [3, 116, 132, 132];

        // Channels are doubled before a pool, to avoid a bottleneck.
        block double(a, b) {
            conv(a, 3) -> batch_norm(affine = false) -> relu -> conv(b, 3) -> batch_norm(affine = false) -> relu
        }
        block up(c) { conv_transpose(c, 2, stride = 2, bias = false) }

        enc1:   double(32, 64);
        pool1:  max_pool(2);
        enc2:   double(64, 128);
        pool2:  max_pool(2);
        enc3:   double(128, 256);
        pool3:  max_pool(2);
        bottom: double(256, 512);
        dec3:   [enc3 -> crop(4), up: up(512)] -> convs: double(256, 256);
        dec2:   [enc2 -> crop(16), up: up(256)] -> convs: double(128, 128);
        dec1:   [enc1 -> crop(40), up: up(128)] -> convs: double(64, 64);
        head:   conv(3, 1);

        assert shape(head) == [3, 28, 44, 44];
        assert rf(head) >= 92;
        assert rf(head) <= 100;
        assert start(head) == 0;
        assert live(head);
        assert params() == 19_069_955;
    }
}

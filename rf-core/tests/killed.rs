//! A run that is killed keeps every sample that it had finished.
//!
//! The test starts itself as the process that is killed: `SIGKILL` at moments that nobody chose, again and again,
//! until the run is done.
#![cfg(all(unix, feature = "sampler"))]
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use rf_core::effective::Erf;
use rf_core::graph::{GraphBuf, Op, Padding, Window};

const SAMPLES: u64 = 120;
const VICTIM: &str = "RF_KILLED_RUN";

fn net() -> GraphBuf {
    let mut net = GraphBuf::new("Net", 3, &[64, 64]);
    let padding = [Padding::both(1), Padding::both(1), Padding::ZERO];
    let window = Window::new([3, 3, 1]).padding(padding);
    for layer in 0..12 {
        let name = format!("conv{layer}");
        net.push(&name, Op::Conv { channels: 8, window, groups: 1, bias: false }, &[layer]);
    }
    net
}

fn samples_in(path: &Path) -> u64 {
    let net = net();
    let lent = net.lend();
    Erf::of(&lent.graph()).load(path).map_or(0, |field| field.samples())
}

/// The process that is killed: at its own pace, so that it is not done too soon.
#[test]
fn victim() {
    let Some(path) = std::env::var_os(VICTIM) else { return };
    let net = net();
    let lent = net.lend();
    let slowly = |_: &_| {
        sleep(Duration::from_millis(5));
        ControlFlow::Continue(())
    };
    Erf::of(&lent.graph()).samples(SAMPLES).threads(2).save_to(path).progress(slowly).run().unwrap();
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let path = std::env::temp_dir().join(format!("rf-killed-{}", std::process::id()));
    let (mut kills, mut held) = (0_u64, 0);
    loop {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["victim", "--exact"])
            .env(VICTIM, &path)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Longer each time, so that the end is reached on a busy machine too.
        sleep(Duration::from_millis(60 + 37 * kills));
        let done = victim.try_wait().unwrap().is_some();
        victim.kill().unwrap();
        victim.wait().unwrap();
        let now = if path.exists() { samples_in(&path) } else { 0 };
        assert!(now >= held, "{held} samples before, {now} after");
        held = now;
        if done {
            break;
        }
        kills += 1;
    }
    assert!(kills > 0 && held == SAMPLES, "{kills} kills, {held} samples");
    let net = net();
    let lent = net.lend();
    let whole = Erf::of(&lent.graph()).samples(SAMPLES).threads(1).run().unwrap();
    let killed = Erf::of(&lent.graph()).load(&path).unwrap();
    assert_eq!((killed.energy(), killed.sigma(0)), (whole.energy(), whole.sigma(0)));
    assert_eq!(killed.amplitude(), whole.amplitude());
    std::fs::remove_file(&path).unwrap();
    // At most the neighbour of a file that was being replaced is left, and the next run takes its place.
    let _ = std::fs::remove_file(path.with_file_name(format!(".rf-killed-{}.part", std::process::id())));
}

//! Memory of maps: it starts at a cache line, and waits for its next use.
use core::cell::RefCell;
use core::ops::{Deref, DerefMut};
use std::thread::LocalKey;
use std::vec;
use std::vec::Vec;

/// Bytes of a cache line, and of the widest vectors: a vector that begins elsewhere takes two lines, at twice the
/// price of a load and more for a store.
const LINE: usize = 64;

/// Most bytes that a thread's idle buffers of one type may hold: room beyond what one network needs is given back.
const IDLE: usize = 48 << 20;

type Pool<T> = RefCell<Vec<Vec<T>>>;

/// What buffers hold.
pub(super) trait Element: Copy + Default + 'static {
    /// The idle buffers of this thread.
    fn pool() -> &'static LocalKey<Pool<Self>>;
}

macro_rules! element {
    ($($t:ty),*) => {$(
        impl Element for $t {
            fn pool() -> &'static LocalKey<Pool<Self>> {
                std::thread_local! {
                    /// Fresh pages would cost as much as a small convolution.
                    static POOL: Pool<$t> = const { RefCell::new(Vec::new()) };
                }
                &POOL
            }
        }
    )*};
}
element!(f32, u8, u32);

/// A slice of its own.
#[derive(Debug)]
pub(super) struct Buffer<T: Element> {
    room: Vec<T>,
    /// Values before the first cache line.
    skip: usize,
    len: usize,
}

impl<T: Element> Buffer<T> {
    /// Arbitrary values, for those who overwrite them all.
    pub(super) fn stale(len: usize) -> Self {
        let count = len + LINE / size_of::<T>();
        let mut room = T::pool().with_borrow_mut(|pool| {
            // The smallest that is large enough; one that is far too large is left to others.
            let fits = |v: &Vec<T>| v.len() >= count && v.len() <= 2 * count + 4096;
            let best = (0..pool.len()).filter(|&i| fits(&pool[i])).min_by_key(|&i| pool[i].len());
            best.map(|i| pool.swap_remove(i)).unwrap_or_default()
        });
        if room.is_empty() {
            // A sixteenth more, so that the next of a growing row of maps finds room here.
            room = vec![T::default(); count + count / 16];
        }
        let skip = room.as_ptr().align_offset(LINE).min(room.len() - len);
        Self { room, skip, len }
    }

    /// The same value everywhere.
    pub(super) fn filled(len: usize, value: T) -> Self {
        let mut buffer = Self::stale(len);
        buffer.fill(value);
        buffer
    }
}

impl<T: Element> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.room[self.skip..][..self.len]
    }
}

impl<T: Element> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.room[self.skip..][..self.len]
    }
}

impl<T: Element> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut copy = Self::stale(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: Element> Drop for Buffer<T> {
    fn drop(&mut self) {
        let room = core::mem::take(&mut self.room);
        T::pool().with_borrow_mut(|pool| {
            let idle: usize = pool.iter().map(Vec::len).sum();
            if (idle + room.len()) * size_of::<T>() <= IDLE {
                pool.push(room);
            }
        });
    }
}

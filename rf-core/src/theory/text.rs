//! Text built in const context, for the panics that become compile errors.

/// A string of bounded length; what does not fit is cut and marked.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    bytes: [u8; Self::CAPACITY],
    len: usize,
    full: bool,
}

impl Text {
    const CAPACITY: usize = 4096;

    pub(crate) const fn new() -> Self {
        Self { bytes: [0; Self::CAPACITY], len: 0, full: false }
    }

    /// Appends `text`, whole or, where there is no room, not at all but for ` ...`.
    pub(crate) const fn str(&mut self, text: &str) -> &mut Self {
        let text = if self.full {
            ""
        } else if self.len + text.len() + 4 > Self::CAPACITY {
            self.full = true;
            " ..."
        } else {
            text
        };
        let bytes = text.as_bytes();
        let mut index = 0;
        while index < bytes.len() {
            self.bytes[self.len] = bytes[index];
            self.len += 1;
            index += 1;
        }
        self
    }

    /// Appends a name in backticks.
    pub(crate) const fn name(&mut self, name: &str) -> &mut Self {
        self.str("`").str(name).str("`")
    }

    /// Appends a number.
    pub(crate) const fn int(&mut self, value: i64) -> &mut Self {
        if value < 0 {
            self.str("-");
        }
        self.unsigned(value.unsigned_abs())
    }

    /// Appends a number with thousands separated, as Rust writes it: `11_689_512`.
    pub(crate) const fn grouped(&mut self, value: u64) -> &mut Self {
        if value < 1000 {
            return self.unsigned(value);
        }
        self.grouped(value / 1000).str("_");
        let rest = value % 1000;
        if rest < 100 {
            self.str("0");
        }
        if rest < 10 {
            self.str("0");
        }
        self.unsigned(rest)
    }

    const fn unsigned(&mut self, value: u64) -> &mut Self {
        if value >= 10 {
            self.unsigned(value / 10);
        }
        self.str(DIGITS.split_at(value as usize % 10).1.split_at(1).0)
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Spaces up to `column`, counted from byte `start`.
    pub(crate) const fn pad(&mut self, start: usize, column: usize) -> &mut Self {
        while !self.full && self.len < start + column {
            self.str(" ");
        }
        self
    }

    pub(crate) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}

const DIGITS: &str = "0123456789";

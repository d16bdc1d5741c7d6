//! What is written, and how a command may end.

use std::io::{self, Write};
use std::path::Path;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line or an input is wrong, in words.
    Bad(String),
    /// Standard output was closed.
    Closed,
}

impl Failure {
    #[expect(clippy::needless_pass_by_value, reason = "`map_err` gives the error away")]
    pub(crate) fn bad(text: impl ToString) -> Self {
        Self::Bad(text.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Bad(format!("cannot write to standard output: {error}")),
        }
    }
}

/// Standard output. Styles are dropped where it is no terminal, or `NO_COLOR` is set.
pub(crate) struct Out {
    stream: anstream::AutoStream<io::StdoutLock<'static>>,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WRONG: Style = AnsiColor::Red.on_default().bold();
pub(crate) const CHANGED: Style = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Style = Style::new().dimmed();

impl Out {
    pub(crate) fn new() -> Self {
        Self { stream: anstream::AutoStream::auto(io::stdout().lock()) }
    }

    /// Writes a text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.stream.write_all(text.as_bytes())?)
    }

    /// Writes a line, styled.
    pub(crate) fn line(&mut self, style: Style, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.stream, "{style}{text}{style:#}")?)
    }

    /// Writes a value as JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value).map_err(Failure::bad)?;
        self.text(&text)?;
        self.text("\n")
    }

    /// Whether colours will be seen.
    pub(crate) fn is_coloured(&self) -> bool {
        self.stream.current_choice() != anstream::ColorChoice::Never
    }

    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        Ok(self.stream.flush()?)
    }
}

/// Says what went wrong, to standard error.
pub(crate) fn error(text: &str) {
    anstream::eprintln!("{WRONG}error{WRONG:#}: {text}");
}

/// Says what is to be known beside the output, to standard error.
pub(crate) fn note(text: &str) {
    anstream::eprintln!("{CHANGED}note{CHANGED:#}: {text}");
}

/// Writes a file whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(io::Error::from)
    });
    written.map_err(|error| Failure::Bad(format!("cannot write `{}`: {error}", path.display())))
}

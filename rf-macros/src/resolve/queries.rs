//! The queries of assertions as data.

/// What a query answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// An integer per axis.
    Extent,
    /// A ratio per axis.
    Ratio,
    /// Channels and extents.
    Shape,
    /// One integer.
    Number,
    /// Holds or does not.
    Truth,
}

/// A query.
pub(crate) struct QuerySignature {
    pub(crate) name: &'static str,
    /// Its name in `rf_core`.
    pub(crate) variant: &'static str,
    pub(crate) answer: Answer,
    /// Whether it may be asked about the network as a whole.
    pub(crate) whole: bool,
}

const fn query(name: &'static str, variant: &'static str, answer: Answer) -> QuerySignature {
    QuerySignature { name, variant, answer, whole: false }
}

const fn whole(name: &'static str, variant: &'static str) -> QuerySignature {
    QuerySignature { name, variant, answer: Answer::Number, whole: true }
}

/// Every query, in the order in which help lists them.
pub(crate) static QUERIES: &[QuerySignature] = &[
    query("rf", "Rf", Answer::Extent),
    query("local_rf", "LocalRf", Answer::Extent),
    query("erf", "Erf", Answer::Extent),
    query("jump", "Jump", Answer::Ratio),
    query("start", "Start", Answer::Extent),
    query("padding", "Padding", Answer::Extent),
    query("shape", "Shape", Answer::Shape),
    query("halo", "Halo", Answer::Extent),
    whole("params", "Params"),
    whole("macs", "Macs"),
    query("aligned", "Aligned", Answer::Truth),
    query("dense", "Dense", Answer::Truth),
    query("covers", "Covers", Answer::Truth),
    query("global", "Global", Answer::Truth),
    query("live", "Live", Answer::Truth),
    query("productive", "Productive", Answer::Truth),
];

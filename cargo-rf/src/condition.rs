//! The language's queries as flags: one table, from which the command line and the assertions are made.

use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command};
use rf_core::effective::TWO_SIGMA;
use rf_core::graph::UNKNOWN;
use rf_core::theory::{Assertion, At, Compare, Query, Value};

/// What a query answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// A number per axis.
    Number,
    /// A number, or a fraction.
    Ratio,
    /// One number, of a layer or of the whole model.
    Count,
    Shape,
    Truth,
}

/// Name in the language, query, answer, and what its help says.
const QUERIES: [(&str, Query, Answer, &str); 16] = [
    ("rf", Query::Rf, Answer::Number, "extent of the receptive field"),
    ("local_rf", Query::LocalRf, Answer::Number, "the same without paths through global layers"),
    (
        "erf",
        Query::Erf { energy: TWO_SIGMA },
        Answer::Number,
        "extent of the effective field at initialisation",
    ),
    ("jump", Query::Jump, Answer::Ratio, "effective stride"),
    ("start", Query::Start, Answer::Number, "first pixel that unit 0 sees"),
    ("padding", Query::Padding, Answer::Number, "effective padding"),
    ("halo", Query::Halo, Answer::Number, "context that a tile needs beyond itself"),
    ("params", Query::Params, Answer::Count, "learnable parameters"),
    ("macs", Query::Macs, Answer::Count, "multiply-accumulates"),
    ("shape", Query::Shape, Answer::Shape, "channels and extents"),
    ("aligned", Query::Aligned, Answer::Truth, "all paths share jump and centre"),
    ("dense", Query::Dense, Answer::Truth, "the support has no holes"),
    ("covers", Query::Covers, Answer::Truth, "every unit sees the whole input"),
    ("global", Query::Global, Answer::Truth, "some path leads through a global layer"),
    ("live", Query::Live, Answer::Truth, "no unit depends on nothing"),
    ("productive", Query::Productive, Answer::Truth, "the shortest path sees less than the input"),
];

/// How a flag's name begins, and what that means: how a number is compared, whether a truth is turned.
const NUMBERS: [(&str, Compare, &str); 3] =
    [("min-", Compare::Ge, "at least"), ("max-", Compare::Le, "at most"), ("", Compare::Eq, "exactly")];
const TRUTHS: [(&str, bool); 2] = [("", false), ("not-", true)];

/// A condition of the command line.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// As the language writes it.
    pub(crate) text: String,
    /// The layer it is about; the whole model where there is none.
    pub(crate) layer: Option<String>,
    query: Query,
    negate: bool,
    compare: Option<(Compare, Given)>,
}

/// The right side of a comparison.
#[derive(Clone, Debug)]
enum Given {
    Numbers(Vec<i64>),
    Ratio(i64, i64),
    Shape(Vec<i64>),
}

impl Condition {
    /// Calls `judge` with the assertion that this is for a model of `rank` axes.
    pub(crate) fn with(
        &self,
        rank: usize,
        judge: impl FnOnce(Assertion<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut each = [0; 3];
        let value = match self.compare.as_ref().map(|(_, given)| given) {
            Some(Given::Numbers(numbers)) => match numbers.as_slice() {
                [one] => Value::Int(*one),
                numbers if numbers.len() == rank => {
                    each[..rank].copy_from_slice(numbers);
                    Value::PerAxis(each)
                }
                numbers => return Err(format!("{} numbers for a model of {rank} axes", numbers.len())),
            },
            Some(Given::Ratio(over, under)) => Value::Ratio(*over, *under),
            Some(Given::Shape(shape)) => Value::Shape(shape),
            None => Value::Int(0),
        };
        let at = self.layer.as_deref().map_or(At::Network, At::Name);
        let compare = self.compare.as_ref().map(|(compare, _)| (*compare, value));
        judge(Assertion { query: self.query, at, axis: None, negate: self.negate, compare })
    }
}

/// The conditions of a command line, in its order.
#[derive(Clone, Debug)]
pub(crate) struct Conditions(pub(crate) Vec<Condition>);

type Read = dyn Fn(&str) -> Result<Condition, String> + Send + Sync;

/// A flag, and how its value becomes a condition.
struct Flag {
    name: String,
    help: String,
    placeholder: &'static str,
    read: Arc<Read>,
}

fn flags() -> Vec<Flag> {
    QUERIES.iter().flat_map(|&(name, query, answer, help)| of_query(name, query, answer, help)).collect()
}

fn of_query(name: &'static str, query: Query, answer: Answer, help: &'static str) -> Vec<Flag> {
    let flag = name.replace('_', "-");
    let placeholder = match answer {
        Answer::Truth => "LAYER",
        Answer::Shape => "LAYER=CxHxW",
        Answer::Count => "[LAYER=]N",
        Answer::Number | Answer::Ratio => "LAYER=N",
    };
    match answer {
        Answer::Truth => {
            let one = |(prefix, negate): (&str, bool)| Flag {
                name: format!("{prefix}{flag}"),
                help: if negate { format!("The contrary of --{flag}") } else { capital(help) },
                placeholder,
                read: Arc::new(move |text| Ok(truth(name, query, negate, text))),
            };
            TRUTHS.into_iter().map(one).collect()
        }
        Answer::Shape => vec![Flag {
            name: flag,
            help: format!("{}; `_` matches anything", capital(help)),
            placeholder,
            read: Arc::new(move |text| compared(name, query, answer, Compare::Eq, text)),
        }],
        _ => {
            let one = |(prefix, compare, word): (&str, Compare, &str)| Flag {
                name: format!("{prefix}{flag}"),
                help: format!("{}: {word} N", capital(help)),
                placeholder,
                read: Arc::new(move |text| compared(name, query, answer, compare, text)),
            };
            NUMBERS.into_iter().map(one).collect()
        }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn truth(name: &str, query: Query, negate: bool, layer: &str) -> Condition {
    let text = format!("{}{name}({layer:?})", if negate { "!" } else { "" });
    Condition { text, layer: Some(layer.to_owned()), query, negate, compare: None }
}

fn compared(
    name: &str,
    query: Query,
    answer: Answer,
    compare: Compare,
    text: &str,
) -> Result<Condition, String> {
    // A layer's name may have a `=` in it, a number has none.
    let (layer, value) = match text.rsplit_once('=') {
        Some((layer, value)) => (Some(layer), value),
        None if answer == Answer::Count => (None, text),
        None => return Err("expected LAYER=N".into()),
    };
    let given = given(answer, value)?;
    let mark = match compare {
        Compare::Ge => ">=",
        Compare::Le => "<=",
        _ => "==",
    };
    let about = layer.map_or_else(String::new, |layer| format!("{layer:?}"));
    let text = format!("{name}({about}) {mark} {}", shown(&given));
    Ok(Condition {
        text,
        layer: layer.map(str::to_owned),
        query,
        negate: false,
        compare: Some((compare, given)),
    })
}

fn given(answer: Answer, text: &str) -> Result<Given, String> {
    let number = |text: &str| match text.trim().replace('_', "").parse::<i64>() {
        Ok(number) => Ok(number),
        Err(_) => Err(format!("`{text}` is no number")),
    };
    match (answer, text.split_once('/')) {
        (Answer::Ratio, Some((over, under))) => match (number(over)?, number(under)?) {
            (_, 0) => Err("a ratio over 0".into()),
            (over, under) => Ok(Given::Ratio(over, under)),
        },
        (Answer::Shape, _) => {
            let entry = |text: &str| if text.trim() == "_" { Ok(UNKNOWN) } else { number(text) };
            text.split(['x', '×']).map(entry).collect::<Result<_, _>>().map(Given::Shape)
        }
        (Answer::Count, _) => Ok(Given::Numbers(vec![number(text)?])),
        _ => text.split(['x', '×']).map(number).collect::<Result<_, _>>().map(Given::Numbers),
    }
}

fn shown(given: &Given) -> String {
    let list = |numbers: &[i64]| {
        let entry = |number: &i64| if *number == UNKNOWN { "_".into() } else { number.to_string() };
        numbers.iter().map(entry).collect::<Vec<_>>().join(", ")
    };
    match given {
        Given::Numbers(numbers) if numbers.len() == 1 => list(numbers),
        Given::Numbers(numbers) => {
            format!("({})", numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
        }
        Given::Ratio(over, under) => format!("{over}/{under}"),
        Given::Shape(shape) => format!("[{}]", list(shape)),
    }
}

impl clap::FromArgMatches for Conditions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut found: Vec<(usize, Condition)> = Vec::new();
        for flag in flags() {
            let (Some(values), Some(places)) =
                (matches.get_many::<Condition>(&flag.name), matches.indices_of(&flag.name))
            else {
                continue;
            };
            found.extend(places.zip(values.cloned()));
        }
        found.sort_by_key(|(place, _)| *place);
        Ok(Self(found.into_iter().map(|(_, condition)| condition).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for Conditions {
    fn augment_args(command: Command) -> Command {
        let arg = |Flag { name, help, placeholder, read }: Flag| {
            Arg::new(name.clone())
                .long(name)
                .help(help)
                .value_name(placeholder)
                .help_heading("Conditions")
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .value_parser(move |text: &str| read(text))
        };
        command.args(flags().into_iter().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

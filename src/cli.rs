//! The command line: what may be written, and its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::model::Kind;

/// The arguments of one run.
#[derive(Debug, Parser)]
#[command(
    name = "churnwatch",
    version,
    about = "Watches customer events on Kafka and tells, exactly once, who is about to leave and why.",
    after_help = "Manual of settings: config/churnwatch.toml",
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Watch the input topic and write alerts until SIGTERM or SIGINT: the service.
    #[command(after_help = "Examples:\n  \
        churnwatch run --config config/churnwatch.toml\n  \
        churnwatch run --set kafka.bootstrap_servers=kafka-1:9092,kafka-2:9092 --set http.listen=0.0.0.0:8080\n\n\
        The first signal finishes and commits what is done, the second one leaves at once.\n\
        Exit code 78 if the settings or the topics are not as they must be, 1 for any other end but a stop.")]
    Run(ConfigArguments),
    /// Play a company's day, without Kafka, and tell its alerts as a person reads them.
    #[command(after_help = "Examples:\n  churnwatch demo\n  churnwatch demo --once\n\n\
        The day takes two minutes; everything stays inside this process.")]
    Demo(DemoArguments),
    /// Make the events of a synthetic company, as JSON lines or into the input topic.
    #[command(after_help = "Examples:\n  \
        churnwatch generate --customers 1000 --events 50000 --seed 1 --out events.ndjson\n  \
        churnwatch generate --customers 1000 --events 50000 --seed 1 --config config/churnwatch.toml\n\n\
        The same numbers make the same bytes, on every machine.")]
    Generate(GenerateArguments),
    /// Put recorded events through the engine of the service, without Kafka, and print the alerts.
    #[command(after_help = "Examples:\n  \
        churnwatch replay events.ndjson > alerts.ndjson\n  \
        churnwatch replay 2025.ndjson.gz 2026.ndjson.zst --until 2026-03-31T00:00:00Z --dead-letters bad.ndjson\n  \
        churnwatch replay shop.ndjson --mapping online-retail --config config/churnwatch.toml\n\n\
        The alerts are lines of JSON on standard output, in order; a summary goes to standard error. A line that is\n\
        no event is a dead letter and stops nothing.")]
    Replay(ReplayArguments),
    /// Print what the configuration means, or everything that is wrong with it.
    #[command(after_help = "Example:\n  churnwatch check --config config/churnwatch.toml\n\n\
        Exit code 78 if anything is wrong.")]
    Check(ConfigArguments),
    /// Print every kind of alert: its title, how severe it is, what it asks for, and the numbers it goes by.
    #[command(after_help = "Examples:\n  churnwatch kinds\n  churnwatch kinds --lang es\n  \
        churnwatch kinds PROMISE_BROKEN SILENT_DEPARTURE --config config/churnwatch.toml\n  \
        churnwatch kinds --output json\n\n\
        The numbers are those of the settings, or the defaults. JSON is a line for each kind.")]
    Kinds(KindsArguments),
    /// The topics that the service needs.
    Topics {
        /// What to do about them.
        #[command(subcommand)]
        command: TopicsCommand,
    },
    /// The model that reads what customers write.
    Text {
        /// What to do with it.
        #[command(subcommand)]
        command: TextCommand,
    },
    /// Print the version.
    #[command(after_help = "Example:\n  churnwatch version")]
    Version,
}

/// What to do about topics.
#[derive(Debug, Subcommand)]
pub enum TopicsCommand {
    /// Print the topics that are needed, what each is for, and what is there.
    #[command(after_help = "Examples:\n  churnwatch topics plan --config config/churnwatch.toml\n  \
        churnwatch topics plan --offline --output json")]
    Plan(PlanArguments),
    /// Make the topics that are missing. Those that are there stay as they are.
    #[command(after_help = "Example:\n  churnwatch topics apply --config config/churnwatch.toml")]
    Apply(ConfigArguments),
}

/// What to do with the text model.
#[derive(Debug, Subcommand)]
pub enum TextCommand {
    /// Read lines of text, and say of each what it says and which words carried that.
    #[command(after_help = "Examples:\n  \
        echo 'ya van tres veces y nadie llama' | churnwatch text score -\n  \
        churnwatch text score reviews.txt --model own.model -o json")]
    Score(ScoreArguments),
    /// Tell how well the model reads labelled texts, by source.
    #[command(after_help = "Examples:\n  \
        churnwatch text eval labelled.jsonl.gz\n  \
        churnwatch text eval labelled.jsonl --model own.model --held-out -o json\n\n\
        A line is {\"text\":\"..\",\"lang\":\"en|es|fil\",\"label\":\"neg|neu|pos\",\"categories\":[\"billing\"],\"source\":\"..\"};\n\
        `label` or `categories` may be missing.")]
    Eval(EvalArguments),
    /// Learn a model from labelled texts. The same files and seed give the same bytes.
    #[command(after_help = "Example:\n  \
        churnwatch text train labelled.jsonl.gz words.jsonl --out own.model\n\n\
        Lines as for `text eval`. A source whose name begins with \"lex_\" is a list of words. A tenth of the texts is\n\
        not learned from: see `text eval --held-out`. Alerts do not read words yet: `text score --model` does.")]
    Train(TrainArguments),
}

/// Where settings come from.
#[derive(Clone, Debug, Default, Args)]
pub struct ConfigArguments {
    /// File of settings; without it the defaults hold.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// One setting, over those of the file and the environment; may be repeated.
    #[arg(long = "set", value_name = "SECTION.KEY=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArguments {
    /// Play the day at full speed, and end.
    #[arg(long)]
    pub once: bool,
    /// The customers around those of the story follow from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// Arguments of `generate`.
#[derive(Debug, Args)]
pub struct GenerateArguments {
    /// How many customers there are.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub customers: u32,
    /// How many events to make.
    #[arg(long, value_name = "N")]
    pub events: u64,
    /// Everything random follows from it.
    #[arg(long, value_name = "S")]
    pub seed: u64,
    /// File to write; `-` is standard output. Without it the events go into the input topic.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Events as lines of JSON, plain, gzip or zstd, read in this order; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// How the lines become events: a mapping that is built in, or a file ending in `.toml`. Without it, as the
    /// settings say.
    #[arg(long, value_name = "NAME")]
    pub mapping: Option<String>,
    /// Split the customers over so many partitions, by key and each with its own time, as a topic would.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub partitions: u32,
    /// Let time run on to here after the last event; `live` stops where a service stands that waits for the next
    /// event. Without it, time ends at the last event.
    #[arg(long, value_name = "TIME|live")]
    pub until: Option<String>,
    /// File for the lines that are no events, with the reason of each.
    #[arg(long, value_name = "FILE")]
    pub dead_letters: Option<PathBuf>,
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// Arguments of `kinds`.
#[derive(Debug, Args)]
pub struct KindsArguments {
    /// Only these kinds.
    #[arg(value_name = "KIND", value_parser = kind)]
    pub kinds: Vec<Kind>,
    /// The language of the titles.
    #[arg(long, value_enum, default_value_t = Lang::En)]
    pub lang: Lang,
    /// How to print it.
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// A language that alerts speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Spanish, as `[wording]` says.
    Es,
    /// Filipino.
    Fil,
}

fn kind(name: &str) -> Result<Kind, String> {
    Kind::parse(name).ok_or_else(|| "`churnwatch kinds` lists them all".to_owned())
}

/// Arguments of `text score`.
#[derive(Debug, Args)]
pub struct ScoreArguments {
    /// Files with a text a line, plain, gzip or zstd; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The model; without it, the one that comes with the program.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// The language of the texts, as in "es-MX", where it is known.
    #[arg(long, value_name = "TAG")]
    pub lang: Option<String>,
    /// How to print it.
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// Arguments of `text eval`.
#[derive(Debug, Args)]
pub struct EvalArguments {
    /// Labelled texts as lines of JSON, plain, gzip or zstd.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The model; without it, the one that comes with the program.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Only the tenth that `text train` does not learn from.
    #[arg(long)]
    pub held_out: bool,
    /// How to print it.
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub output: Output,
}

/// Arguments of `text train`.
#[derive(Debug, Args)]
pub struct TrainArguments {
    /// Labelled texts as lines of JSON, plain, gzip or zstd.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The file to write.
    #[arg(long, value_name = "MODEL")]
    pub out: PathBuf,
    /// Everything random follows from it.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u64,
    /// Learn only from lines whose `licence` begins so; may be repeated. Lines without a licence are yours, and count.
    #[arg(long = "licence", value_name = "TEXT")]
    pub licences: Vec<String>,
    /// Do not learn categories from this source; may be repeated.
    #[arg(long = "no-categories-from", value_name = "SOURCE")]
    pub no_categories_from: Vec<String>,
    /// Leave out the sentences about service that come with the program.
    #[arg(long)]
    pub no_phrasebook: bool,
}

/// Arguments of `topics plan`.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// Do not ask the cluster what is there: the input topic is taken to have `topics.partitions`.
    #[arg(long)]
    pub offline: bool,
    /// How to print it.
    #[arg(long, short, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Where settings come from.
    #[command(flatten)]
    pub config: ConfigArguments,
}

/// How to print an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_contradict_nothing() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_and_shows_an_example() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
                assert!(sub.get_about().is_some(), "{}", sub.get_name());
                if sub.has_subcommands() {
                    check(sub);
                } else {
                    let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.contains(&format!(" {}", sub.get_name())), "{}: {help}", sub.get_name());
                }
            }
        }
        check(&Arguments::command());
    }

    #[test]
    fn examples_of_the_help_can_be_parsed() {
        fn examples(command: &clap::Command, out: &mut Vec<String>) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let lines = help.lines().map(str::trim).filter(|line| line.starts_with("churnwatch "));
            out.extend(lines.map(|line| line.split(" > ").next().unwrap_or(line).to_owned()));
            command.get_subcommands().for_each(|sub| examples(sub, out));
        }
        let mut all = Vec::new();
        examples(&Arguments::command(), &mut all);
        assert!(all.len() >= 7, "{all:?}");
        for line in all {
            if let Err(error) = Arguments::try_parse_from(line.split_whitespace()) {
                panic!("{line}: {error}");
            }
        }
    }
}

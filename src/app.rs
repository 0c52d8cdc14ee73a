//! The wiring: each command made of its parts.

mod beside;
mod check;
mod demo;
mod failure;
mod generate;
mod intake;
mod judge;
mod kinds;
mod mapping;
mod output;
mod replay;
mod run;
mod service;
mod text;
mod topics;
mod topics_command;
mod version;
mod wording;

use crate::cli::{Command, ConfigArguments, TextCommand, TopicsCommand};
use crate::config::Config;
use crate::kafka::Cluster;
use crate::telemetry::logs;

pub use failure::Failure;
pub use version::VERSION;

use judge::judge;
use output::Out;

/// Runs one command to its end.
///
/// # Errors
/// Why it ended early, with the exit code that says so.
pub fn run(command: Command) -> Result<(), Failure> {
    let mut out = Out::stdout();
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Demo(arguments) => demo::run(&arguments, &mut out),
        Command::Generate(arguments) => generate::run(&arguments, &mut out),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Check(arguments) => check::run(&arguments, &mut out),
        Command::Topics { command: TopicsCommand::Plan(arguments) } => topics_command::plan(&arguments, &mut out),
        Command::Topics { command: TopicsCommand::Apply(arguments) } => topics_command::apply(&arguments, &mut out),
        Command::Kinds(arguments) => kinds::run(&arguments, &mut out),
        Command::Text { command: TextCommand::Score(arguments) } => text::score(&arguments, &mut out),
        Command::Text { command: TextCommand::Eval(arguments) } => text::eval(&arguments, &mut out),
        Command::Text { command: TextCommand::Train(arguments) } => text::train(&arguments),
        Command::Version => version::run(&mut out),
    }
}

/// The settings of the arguments and the environment.
fn load(arguments: &ConfigArguments) -> Result<Config, Failure> {
    let mut variables = Vec::new();
    for (name, value) in std::env::vars_os() {
        let (Ok(name), value) = (name.into_string(), value.into_string()) else { continue };
        match value {
            Ok(value) => variables.push((name, value)),
            Err(_) if name.starts_with("CHURNWATCH__") => return Err(Failure::NotText(name)),
            Err(_) => {}
        }
    }
    Ok(Config::load(arguments.config.as_deref(), variables.into_iter(), &arguments.set, &judge)?)
}

/// The log from here on, as the settings want it.
fn start_log(config: &Config) {
    logs::start(&config.log.level, config.log.format);
}

/// How to reach the cluster.
fn cluster(config: &Config) -> Cluster {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Cluster {
        bootstrap_servers: config.kafka.bootstrap(),
        properties: config.kafka.properties.iter().map(own).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::OWNED_PROPERTIES;

    #[test]
    fn what_the_client_owns_cannot_be_configured() {
        for name in OWNED_PROPERTIES {
            let flag = [format!("kafka.properties.{name}=1")];
            assert!(Config::load(None, std::iter::empty(), &flag, &judge).is_err(), "{name}");
        }
    }
}

//! `run`: the service, from its settings to its end.

use std::sync::Arc;

use tracing::{error, info};

use crate::cli::ConfigArguments;
use crate::config::Config;
use crate::runtime::{self, Stop};

use super::beside::Beside;
use super::failure::Failure;
use super::service;

pub(super) fn run(arguments: &ConfigArguments) -> Result<(), Failure> {
    let config = super::load(arguments)?;
    super::start_log(&config);
    // From here on the log tells everything, the reason of the end included.
    serve(&config).map_err(|failure| {
        for line in failure.message().unwrap_or_default().lines() {
            error!("{line}");
        }
        Failure::Told { code: failure.exit_code() }
    })
}

fn serve(config: &Config) -> Result<(), Failure> {
    let settings = service::settings(config)?;
    let parts = service::parts(config)?;
    let stop = Arc::new(Stop::new());
    // HTTP answers before there is anybody to object; the runtime takes it back.
    parts.health.set("service", Some("starting".into()));
    let beside = Beside::start(config.http.listen, service::surface(config, &parts), &stop)?;
    info!(
        version = super::VERSION,
        group = settings.group_id,
        instance = settings.instance_id,
        input = settings.topics.input,
        workers = settings.workers,
        rules = config.rules.version,
        http = beside.address().map_or("off".into(), |address| address.to_string()),
        "the service starts"
    );
    runtime::run(&settings, &parts, &stop)?;
    beside.end();
    info!("the service has stopped; everything that was done is committed");
    Ok(())
}

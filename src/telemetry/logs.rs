//! The log, on stderr: text on a terminal, JSON lines otherwise.

use std::io::{IsTerminal, stderr};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// Text.
    Text,
    /// A JSON object a line.
    Json,
}

/// Sends what is logged from now on to stderr. `level` is a level, then `module=level` for exceptions, separated by
/// commas. A second call changes nothing.
pub fn start(level: &str, format: Format) {
    let terminal = stderr().is_terminal();
    let json = match format {
        Format::Auto => !terminal,
        Format::Text => false,
        Format::Json => true,
    };
    let colours = terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // It fails only if there is a subscriber already.
    let _ = tracing::subscriber::set_global_default(subscriber(level, json, colours, stderr));
}

fn subscriber<W>(level: &str, json: bool, colours: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // A reader of stderr that has gone away is no reason to write to it.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(writer)
        .with_ansi(colours)
        .log_internal_errors(false);
    if json {
        Box::new(lines.json().flatten_event(true).with_current_span(false).with_span_list(false).finish())
    } else {
        Box::new(lines.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::{debug, info, warn};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(level: &str, json: bool, colours: bool, log: impl FnOnce()) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        tracing::subscriber::with_default(subscriber(level, json, colours, move || writer.clone()), log);
        String::from_utf8(Arc::try_unwrap(lines.0).unwrap().into_inner().unwrap()).unwrap()
    }

    #[test]
    fn a_line_of_json_holds_every_field_at_its_top() {
        let text = logged("info", true, false, || warn!(partition = 3, "record sent to the \"dead-letter\" topic\n"));
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["partition"], 3);
        assert_eq!(line["message"], "record sent to the \"dead-letter\" topic\n");
        assert!(line["timestamp"].is_string() && line["target"].is_string(), "{line}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn text_has_colours_only_where_they_are_wanted() {
        let log = || info!(partition = 3, "restored");
        let (plain, coloured) = (logged("info", false, false, log), logged("info", false, true, log));
        assert!(plain.contains(" INFO ") && plain.contains("restored partition=3"), "{plain}");
        assert!(!plain.contains('\x1b') && coloured.contains('\x1b'), "{plain}{coloured}");
    }

    #[test]
    fn the_level_holds_and_modules_are_exceptions() {
        let log = || {
            debug!(target: "churnwatch::kafka", "one");
            debug!(target: "churnwatch::runtime", "two");
            info!(target: "churnwatch::runtime", "three");
        };
        for (level, count) in [("info", 1), ("debug", 3), ("info,churnwatch::kafka=debug", 2), ("off", 0), ("warn", 0)]
        {
            assert_eq!(logged(level, false, false, log).lines().count(), count, "{level}");
        }
    }
}

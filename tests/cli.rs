//! The built program from outside: exit codes, and what stands on which stream.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use churnwatch::model::Kind;

/// The program with `arguments`, separated by spaces, and none of the caller's settings.
fn churnwatch(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_churnwatch"));
    command.args(arguments.split_whitespace()).env_clear();
    command
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ran { code: status.code(), out: String::from_utf8(stdout).unwrap(), err: String::from_utf8(stderr).unwrap() }
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn wrong_usage_ends_with_2_and_says_what_is_possible() {
    for (arguments, part) in [
        ("", "Usage: churnwatch <COMMAND>"),
        ("rnu", "unrecognized subcommand 'rnu'"),
        ("chekc", "a similar subcommand exists: 'check'"),
        ("topics", "Usage: churnwatch topics <COMMAND>"),
        ("generate --events 5 --seed 1", "--customers <N>"),
        ("generate --customers 0 --events 5 --seed 1", "0 is not in 1..=4294967295"),
        ("check --confg x", "--config"),
        ("topics plan --output xml", "[possible values: text, json]"),
    ] {
        let ran = run(&mut churnwatch(arguments));
        assert_eq!(ran.code, Some(2), "{arguments}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments}: {}", ran.err);
        assert_eq!(ran.out, "", "{arguments}");
    }
}

#[test]
fn help_and_version_end_with_0_on_standard_output() {
    for (arguments, part) in [
        ("--help", "Usage: churnwatch <COMMAND>"),
        ("help generate", "--out events.ndjson"),
        ("topics apply --help", "Example:"),
        ("--version", concat!("churnwatch ", env!("CARGO_PKG_VERSION"))),
        ("version", concat!("churnwatch ", env!("CARGO_PKG_VERSION"))),
    ] {
        let ran = run(&mut churnwatch(arguments));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments}");
        assert!(ran.out.contains(part), "{arguments}: {}", ran.out);
    }
}

#[test]
fn check_prints_what_is_meant_and_the_print_means_the_same() {
    let (_folder, path) = file("c.toml", "[kafka]\ngroup_id = \"${GROUP}\"\n");
    let mut command = churnwatch("check --set time.idle_after=off --config");
    let first = run(command.arg(&path).env("GROUP", "care").env("CHURNWATCH__HTTP__LISTEN", "127.0.0.1:0"));
    assert_eq!((first.code, first.err.as_str()), (Some(0), ""));
    for line in ["group_id = \"care\"", "idle_after = \"off\"", "listen = \"127.0.0.1:0\""] {
        assert!(first.out.lines().any(|l| l.starts_with(line)), "{line} in\n{}", first.out);
    }
    let (_folder, path) = file("again.toml", &first.out);
    let again = run(churnwatch("check --config").arg(&path));
    assert_eq!(again.out, first.out);
}

#[test]
fn wrong_settings_end_with_78_and_every_error_has_its_place() {
    let (_folder, path) = file("c.toml", "[kafka]\ngroupid = \"a\"\n\n[time]\nidle_after = 60\n");
    let name = path.display();
    for command in
        ["check", "run", "replay x", "topics plan", "topics apply", "generate --customers 1 --events 1 --seed 1"]
    {
        let mut command = churnwatch(command);
        let ran = run(command
            .arg("--config")
            .arg(&path)
            .args(["--set", "log.level=loud"])
            .env("CHURNWATCH__KAFKA__GRUOP_ID", "hunter2"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(78), ""), "{}", ran.err);
        let lines: Vec<&str> = ran.err.lines().collect();
        let meant = [
            "churnwatch: cannot use the configuration:".to_owned(),
            format!("{name}:2:1: unknown key `kafka.groupid`; did you mean `kafka.group_id`?"),
            format!("{name}:5:14: `time.idle_after` must be a length of time"),
            "variable CHURNWATCH__KAFKA__GRUOP_ID: unknown setting; did you mean CHURNWATCH__KAFKA__GROUP_ID?".into(),
            "flag --set log.level: `log.level` must be a level".into(),
        ];
        assert_eq!(lines.len(), meant.len(), "{}", ran.err);
        assert!(lines.iter().zip(&meant).all(|(line, meant)| line.starts_with(meant.as_str())), "{}", ran.err);
    }
    let (_folder, path) = file("d.toml", "[kafka.properties]\n\"linger.sm\" = 5\n[mapping]\nname = \"univercity\"\n");
    let ran = run(churnwatch("check --config").arg(&path));
    let name = path.display();
    assert_eq!(ran.code, Some(78));
    for line in [
        format!("{name}:2:15: librdkafka has no property `linger.sm`; did you mean `linger.ms`?"),
        format!("{name}:4:8: there is no mapping \"univercity\"; did you mean \"university\"?"),
    ] {
        assert!(ran.err.lines().any(|l| l.starts_with(&line)), "{line} in\n{}", ran.err);
    }
    let ran = run(&mut churnwatch("check --config /no/such.toml"));
    assert_eq!(ran.code, Some(78));
    assert!(ran.err.contains("/no/such.toml: cannot read the file"), "{}", ran.err);
}

#[test]
fn the_shipped_settings_are_the_defaults() {
    let shipped = run(churnwatch("check --config config/churnwatch.toml").current_dir(env!("CARGO_MANIFEST_DIR")));
    assert_eq!((shipped.code, shipped.err.as_str()), (Some(0), ""));
    assert_eq!(shipped.out, run(&mut churnwatch("check")).out);
    assert!(!shipped.out.contains("default:"), "{}", shipped.out);
}

#[test]
fn every_kind_is_listed_with_what_it_goes_by_in_three_languages() {
    for (lang, title) in [("en", "Wants to leave"), ("es", "Quiere irse"), ("fil", "Gustong umalis")] {
        let ran = run(&mut churnwatch(&format!("kinds --lang {lang}")));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        let heads: Vec<&str> = ran.out.lines().filter(|line| !line.starts_with(' ')).collect();
        let words: Vec<&str> = heads.iter().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(words, Kind::ALL.iter().map(|kind| kind.name()).collect::<Vec<_>>());
        let line = heads.iter().find(|line| line.starts_with("CANCELLATION_INTENT")).unwrap();
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words, format!("CANCELLATION_INTENT critical exit_interview {title}"));
        assert!(ran.out.lines().all(|line| line.chars().count() <= 160), "{}", ran.out);
    }
    let ran = run(&mut churnwatch("kinds CANCELLATION_INTENT --set cancellation.act_by=2bh"));
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    assert!(ran.out.ends_with("  cancellation.act_by = \"2bh\"  save_window = \"14d\"\n"), "{}", ran.out);
}

#[test]
fn the_kinds_are_lines_of_json_for_programs() {
    let ran = run(&mut churnwatch("kinds -o json --lang es --set wording.address=tu --set promises.grace=20m"));
    let rows: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), Kind::ALL.len(), "{}", ran.err);
    let row = |kind: Kind| &rows[kind as usize];
    assert_eq!(row(Kind::PromiseBroken)["settings"]["promises.grace"], "20m");
    assert_eq!(row(Kind::PromiseBroken)["settings"]["promises.due_soon_share"], 0.2);
    assert_eq!(row(Kind::PromiseBroken)["action"]["code"], "keep_today_or_new_date");
    assert_eq!(row(Kind::PromiseBroken)["guardrails"][0], "no_upsell");
    assert_eq!(row(Kind::HardshipSilent)["title"], "En apuros y en silencio: ábrele una puerta");
    assert_eq!(row(Kind::DisputeContradicted)["actions_by_word"]["within_goodwill"]["code"], "goodwill_credit");
    for row in &rows {
        let settings = row["settings"].as_object().unwrap();
        assert!(!settings.is_empty(), "{} goes by settings that are not there", row["kind"]);
    }
}

#[test]
fn a_kind_that_is_none_is_wrong_usage() {
    let ran = run(&mut churnwatch("kinds PROMISE_KEPT"));
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("`churnwatch kinds` lists them all"), "{}", ran.err);
}

#[test]
fn alerts_speak_as_the_settings_say() {
    let (_folder, own) = file("own.toml", "[fil.PROMISE_BROKEN]\ntitle = 'Pangakong napako'\n");
    let root = env!("CARGO_MANIFEST_DIR");
    let said = |settings: &[String]| {
        let mut command = churnwatch("replay docs/examples/first-alert.ndjson --until 2026-03-05T00:00:00Z");
        for setting in settings {
            command.arg("--set").arg(setting);
        }
        let ran = run(command.current_dir(root));
        let line = ran.out.lines().last().unwrap_or_else(|| panic!("{}", ran.err));
        serde_json::from_str::<serde_json::Value>(line).unwrap()["text"].clone()
    };
    let usted = said(&[]);
    let tu = said(&["wording.address=tu".into(), "wording.spanish=es-ES".into()]);
    let own = said(&[format!("wording.overrides={}", own.display())]);
    assert!(usted["es"]["body"].as_str().unwrap().contains("no le venda nada"), "{usted}");
    assert!(tu["es"]["body"].as_str().unwrap().contains("no le vendas nada"), "{tu}");
    assert_eq!((&tu["en"], &tu["fil"]), (&usted["en"], &usted["fil"]));
    assert_eq!((&own["fil"]["title"], &own["es"]), (&"Pangakong napako".into(), &usted["es"]));
    assert_eq!(own["fil"]["body"], usted["fil"]["body"]);
}

#[test]
fn sentences_that_are_wrong_are_found_before_the_start() {
    let (_folder, own) = file("own.toml", "\n[es.PROMISE_BROKEN]\nwhat = '{{ cuont }}.'\n");
    let ran = run(churnwatch("check --set").arg(format!("wording.overrides={}", own.display())));
    assert_eq!((ran.code, ran.out.as_str()), (Some(78), ""));
    let told = format!("{}:3: no fact is called `cuont`; there are count, ", own.display());
    assert!(ran.err.contains(&told) && ran.err.contains("flag --set wording.overrides"), "{}", ran.err);
}

#[test]
fn the_topics_can_be_planned_without_a_cluster() {
    let ran = run(&mut churnwatch("topics plan --offline --set topics.partitions=3"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(
        ran.out.contains("needed   churnwatch-customers-changelog  3 partitions  cleanup.policy=compact"),
        "{}",
        ran.out
    );
    let ran = run(&mut churnwatch("topics plan --offline -o json"));
    let rows: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(rows[0]["name"], "customer.events");
    assert_eq!(rows[0]["state"], serde_json::Value::Null);
}

#[test]
fn a_cluster_that_is_not_there_ends_with_69() {
    // The port was free a moment ago and is closed again.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let servers = format!("127.0.0.1:{port}");
    let check = &|command: &str| {
        let ran = run(churnwatch(command)
            .env("CHURNWATCH__KAFKA__BOOTSTRAP_SERVERS", &servers)
            .env("CHURNWATCH__LOG__LEVEL", "off"));
        assert_eq!((ran.code, ran.out.as_str()), (Some(69), ""), "{command}: {}", ran.err);
        assert!(ran.err.starts_with(&format!("churnwatch: cannot reach Kafka at {servers}: ")), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    };
    // Each waits for as long as a slow cluster may take.
    std::thread::scope(|scope| {
        for command in ["topics plan", "topics apply", "generate --customers 1 --events 1 --seed 1"] {
            scope.spawn(move || check(command));
        }
    });
}

#[test]
fn the_demo_plays_its_day_without_kafka_and_tells_it_in_order() {
    let started = Instant::now();
    let ran = run(churnwatch("demo --once").env("COLUMNS", "80"));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
    assert!(started.elapsed() < Duration::from_secs(10), "the first alert comes too late");
    assert!(!ran.out.contains('\x1b') && ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    for part in ["maria-lopez   COMPLAINT_STALLED opened", "jun-santos   PROMISE_BROKEN opened", "The day is over."] {
        assert!(ran.out.contains(part), "{part} in\n{}", ran.out);
    }
    // What happens stands at the margin, what is told of it one column in; wrapped sentences further.
    let clocks: Vec<&str> = ran
        .out
        .lines()
        .filter_map(|line| line.strip_prefix(" ").unwrap_or(line).get(..5))
        .filter(|text| is_clock(text))
        .collect();
    assert!(clocks.len() > 40 && clocks.is_sorted(), "{clocks:?}");
    assert_ne!(run(churnwatch("demo --once --seed 2").env("COLUMNS", "80")).out, ran.out);
}

/// Whether the text is `hh:mm`.
fn is_clock(text: &str) -> bool {
    text.split_once(':').is_some_and(|(h, m)| h.len() == 2 && h.parse::<u8>().is_ok() && m.parse::<u8>().is_ok())
}

/// A program that does not outlive its test.
struct Running(Child);

impl Running {
    fn signal(&self, name: &str) {
        let pid = self.0.id();
        assert!(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It fails only if the program has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answer to a GET at `address`.
fn answer(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_service_waits_for_a_cluster_that_is_not_there_and_stops_when_asked() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = churnwatch("run --set http.listen=127.0.0.1:0 --set log.format=json");
    command.env("CHURNWATCH__KAFKA__BOOTSTRAP_SERVERS", format!("127.0.0.1:{port}")).stderr(Stdio::piped());
    let mut service = Running(command.spawn().unwrap());
    let mut log = BufReader::new(service.0.stderr.take().unwrap()).lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).expect("every line is JSON");
        line
    });
    let start = log.next().unwrap();
    assert_eq!((&start["message"], &start["input"]), (&"the service starts".into(), &"customer.events".into()));
    let http = start["http"].as_str().unwrap();
    let says = |line: &serde_json::Value, text| line["message"].as_str().unwrap().starts_with(text);
    let waiting = log.find(|line| says(line, "Kafka cannot be reached; trying again in"));
    assert_eq!(waiting.unwrap()["level"], "WARN");
    for (path, parts) in [
        ("/livez", ["HTTP/1.1 200 OK", "ok"]),
        ("/readyz", ["HTTP/1.1 503 Service Unavailable", "kafka: cannot be reached: "]),
        ("/version", ["HTTP/1.1 200 OK", concat!("\"version\":\"", env!("CARGO_PKG_VERSION"), "\"")]),
        ("/metrics", ["HTTP/1.1 200 OK", "churn_events_total{result=\"applied\"} 0"]),
    ] {
        let text = answer(http, path);
        assert!(parts.iter().all(|part| text.contains(part)), "{path}: {text}");
    }
    service.signal("TERM");
    assert_eq!(service.0.wait().unwrap().code(), Some(0));
    let last = log.last().unwrap();
    assert!(says(&last, "the service has stopped"), "{last}");
}

#[test]
fn a_service_that_cannot_have_its_address_ends_at_once() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ran = run(churnwatch("run").env("CHURNWATCH__HTTP__LISTEN", &address));
    assert_eq!((ran.code, ran.err.lines().count()), (Some(1), 1), "{}", ran.err);
    assert!(ran.err.contains(&format!("cannot listen on {address}: the address is in use")), "{}", ran.err);
}

#[test]
fn the_same_numbers_generate_the_same_events() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let numbers = "generate --customers 10 --events 100 --seed 7 --out";
    let ran = run(churnwatch(numbers).arg(&path));
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    let written = std::fs::read_to_string(&path).unwrap();
    assert_eq!(written.lines().count(), 100);
    assert_eq!(run(churnwatch(numbers).arg("-")).out, written);

    let ran = run(churnwatch(numbers).arg(folder.path().join("no/events.ndjson")));
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.starts_with("churnwatch: cannot write ") && ran.err.contains("No such file"), "{}", ran.err);
}

/// Two promises that break, one after the other, and a line that is no event.
const PROMISES: &str = r#"{"id":"1","source":"s","type":"promise.made","time":"2026-03-02T09:00:00Z","customer_id":"ann","data":{"promise_id":"p1","due":"2026-03-02T10:00:00Z"}}
{"id":"2","source":"s","type":"promise.made","time":"2026-03-02T09:00:00Z","customer_id":"bob","data":{"promise_id":"p2","due":"2026-03-02T16:00:00Z"}}
no event
"#;

/// Kinds and transitions of the alerts, one a line.
fn alerts(out: &str) -> Vec<String> {
    let tell = |line: &str| {
        let alert: serde_json::Value = serde_json::from_str(line).unwrap();
        format!("{} {}", alert["kind"].as_str().unwrap(), alert["transition"].as_str().unwrap())
    };
    out.lines().map(tell).collect()
}

#[test]
fn a_replay_prints_alerts_and_sums_up_and_a_dead_letter_is_no_failure() {
    let (folder, path) = file("events.ndjson", PROMISES);
    let letters = folder.path().join("letters.ndjson");
    let mut last = String::new();
    for (until, broken) in [("live", 0), ("2026-03-02T12:00:00Z", 1), ("2026-03-03T00:00:00Z", 2)] {
        let ran =
            run(churnwatch("replay --partitions 3 --until").args([until, "--dead-letters"]).arg(&letters).arg(&path));
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        let told = alerts(&ran.out);
        assert_eq!(told.iter().filter(|alert| *alert == "PROMISE_BROKEN opened").count(), broken, "{told:?}");
        assert!(ran.err.starts_with("3 events: 2 applied, 0 duplicate, 0 late, 1 dead letters;"), "{}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
        let letter = r#"{"line":3,"reason":"invalid_json","field":null,"value":"no event"}"#;
        assert_eq!(std::fs::read_to_string(&letters).unwrap(), format!("{letter}\n"));
        last = ran.out;
    }
    let from_pipe = run(churnwatch("replay - --until 2026-03-03T00:00:00Z").stdin(std::fs::File::open(&path).unwrap()));
    let sorted = |out: &str| out.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(sorted(&from_pipe.out), sorted(&last));
}

#[test]
fn a_replay_goes_by_the_rules_and_the_mapping_of_the_settings() {
    let (_folder, path) = file("events.ndjson", PROMISES);
    let broken = |command: &mut Command| {
        let ran = run(command.arg(&path));
        alerts(&ran.out).iter().filter(|alert| *alert == "PROMISE_BROKEN opened").count()
    };
    let until = "replay --until 2026-03-02T12:00:00Z";
    assert_eq!(broken(&mut churnwatch(until)), 1);
    assert_eq!(broken(churnwatch(until).args(["--set", "promises.grace=5h"])), 0);

    let (_folder, path) = file(
        "own.toml",
        r#"
        [common]
        source = "shop"
        id = { from = "n" }
        time = { from = "at" }
        customer_id = { from = "who" }
        [[event]]
        type = "usage.activity"
        "#,
    );
    let (_records, records) = file("records.ndjson", r#"{"n": "1", "at": "2026-03-02T09:00:00Z", "who": "ann"}"#);
    let mapping = format!("mapping.file={}", path.display());
    for arguments in [["--mapping", path.to_str().unwrap()], ["--set", &mapping]] {
        let ran = run(churnwatch("replay").args(arguments).arg(&records));
        assert!(ran.err.starts_with("1 events: 1 applied"), "{}", ran.err);
    }
}

#[test]
fn a_replay_that_cannot_be_says_why() {
    let (_folder, path) = file("events.ndjson", PROMISES);
    for (arguments, code, part) in [
        ("", 2, "<FILE>..."),
        ("--partitions 0", 2, "0 is not in 1..=10000"),
        ("--until soon", 2, "--until must be \"live\" or a time with its zone, as in"),
        ("--until 2026-03-02T12:00:00", 2, "--until must be \"live\" or a time"),
        ("--mapping online-grocr", 2, "did you mean \"online-grocer\"?"),
        ("--mapping no/such.toml", 78, "cannot read mapping file no/such.toml: No such file"),
        ("no/such.ndjson", 1, "cannot open input file no/such.ndjson: No such file"),
        ("--dead-letters no/such/letters", 1, "could not write dead letters to no/such/letters: No such file"),
        ("--set time.idle=1s", 78, "flag --set time.idle: unknown key"),
    ] {
        let mut command = churnwatch("replay");
        command.args(arguments.split_whitespace());
        if !arguments.is_empty() {
            command.arg(&path);
        }
        let ran = run(&mut command);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{arguments}: {}", ran.err);
        assert!(ran.err.contains(part), "{arguments}: {}", ran.err);
    }
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_end() {
    let mut child = churnwatch("generate --customers 1000 --events 5000000 --seed 1 --out -")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with('{'));
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));

    // The other way out: the whole answer is written at once, after the reader has gone.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let ran = run(churnwatch("check").stdout(writer));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
}

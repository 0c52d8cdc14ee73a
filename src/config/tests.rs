//! Settings from end to end: files, variables and flags in, values or errors with their places out.

use std::path::PathBuf;
use std::time::Duration;

use crate::engine::Rules;
use crate::model::Span;

use super::*;

/// Objects to nothing.
fn nobody(_: &Config) -> Vec<Objection> {
    Vec::new()
}

type Env<'a> = &'a [(&'a str, &'a str)];

/// Loads `text` as the file `c.toml`, under `env` and `flags`.
fn load(text: &str, env: Env, flags: &[&str]) -> Result<Config, ConfigErrors> {
    let variables: Variables = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let flags: Vec<String> = flags.iter().map(|flag| flag.to_string()).collect();
    let mut errors = Errors::default();
    let mut entries = raw::read_text("c.toml", text, &variables, &mut errors);
    entries.extend(overrides::read_variables(&variables, &mut errors));
    entries.extend(overrides::read_flags(&flags, &mut errors));
    meant(&entries, errors, &nobody)
}

fn errors(text: &str, env: Env, flags: &[&str]) -> Vec<String> {
    load(text, env, flags).unwrap_err().0.iter().map(ConfigError::to_string).collect()
}

fn manual() -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("config/churnwatch.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

#[test]
fn the_manual_is_the_defaults_and_mentions_every_key() {
    let (path, text) = manual();
    assert_eq!(Config::load(Some(&path), std::iter::empty(), &[], &nobody), Ok(Config::default()));
    let entries = raw::read_text("manual", &text, &Variables::new(), &mut Errors::default());
    let mentioned: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let known: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
    assert_eq!(mentioned, known, "the same keys in the same order");
}

#[test]
fn nothing_written_is_the_defaults_and_the_rules_are_the_engines() {
    let config = load("", &[], &[]).unwrap();
    assert_eq!(config, Config::default());
    assert_eq!(Rules { version: Rules::default().version, ..config.rules }, Rules::default());
}

#[test]
fn what_is_shown_is_read_back() {
    let written = r#"
        kafka.bootstrap_servers = ["a:1", "b:2"]
        runtime = { workers = 3, delivery = "at-least-once", transaction_bytes = "65537B", commit_interval = "1500ms" }
        time.idle_after = "off"
        calendar = { days = ["sun", "mon"], opens = "00:05", closes = "24:00", holidays = [2027-01-01, "1969-12-31"] }
        alerts = { owners = ["team:\"a\"", "b"], quotes = false }
        complaints.quick = "0.5bh"
        silence.q = 0.25
        score.value_top_decile = 1000
        mapping.file = "m/own.toml"
        http.listen = "[::1]:0"
    "#;
    let config = load(written, &[], &[]).unwrap();
    let shown: String = KEYS.iter().map(|key| format!("{} = {}\n", key.path, (key.show)(&config))).collect();
    assert_eq!(load(&shown, &[], &[]), Ok(config.clone()), "{shown}");
    assert_eq!(config.rules.calendar.holidays, [-1, 20_819]);
    assert_eq!(config.rules.calendar.days, [true, false, false, false, false, false, true]);
    assert_eq!(config.rules.calendar.closes_minute, 1440);
    assert_eq!(config.rules.complaints.quick, Span::minutes(30));
    assert_eq!(config.time.idle_after, None);
}

#[test]
fn every_key_can_be_set_by_a_variable_and_by_a_flag_to_what_it_is() {
    let config = Config::default();
    for key in KEYS.iter() {
        let value = match toml::from_str::<toml::Table>(&format!("x = {}", (key.show)(&config))).unwrap().remove("x") {
            Some(toml::Value::String(text)) => text,
            Some(toml::Value::Array(items)) => {
                items.iter().map(|item| item.as_str().unwrap()).collect::<Vec<_>>().join(",")
            }
            Some(other) => other.to_string(),
            None => unreachable!("x is there"),
        };
        let name = format!("CHURNWATCH__{}", key.path.to_uppercase().replace('.', "__"));
        assert_eq!(load("", &[(&name, &value)], &[]), Ok(config.clone()), "{name}={value}");
        assert_eq!(load("", &[], &[&format!("{}={value}", key.path)]), Ok(config.clone()), "{}={value}", key.path);
    }
}

#[test]
fn what_comes_later_wins() {
    let file = "[runtime]\ncommit_interval = \"1s\"";
    let variable: Env = &[("CHURNWATCH__RUNTIME__COMMIT_INTERVAL", "2s")];
    let flag = ["runtime.commit_interval=3s"];
    for (env, flags, seconds) in
        [(&[][..], &[][..], 1), (variable, &[][..], 2), (&[][..], &flag[..], 3), (variable, &flag[..], 3)]
    {
        assert_eq!(load(file, env, flags).unwrap().runtime.commit_interval, Duration::from_secs(seconds));
    }
}

#[test]
fn variables_set_lists_secrets_and_librdkafkas_properties() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2\n").unwrap();
    let secret = secret.to_str().unwrap();
    let config = load(
        "[kafka.properties]\nsecurity.protocol = \"SASL_SSL\"\n\"sasl.username\" = \"${USER_NAME}\"\nlinger.ms = 5",
        &[
            ("USER_NAME", "ana"),
            ("CHURNWATCH__KAFKA__BOOTSTRAP_SERVERS", "a:1, b:2"),
            ("CHURNWATCH__KAFKA__PROPERTIES__SASL_PASSWORD_FILE", secret),
            ("CHURNWATCH__KAFKA__PROPERTIES__SSL_CA_LOCATION", "/ca.pem"),
            ("CHURNWATCH__KAFKA__GROUP_ID_FILE", secret),
            ("CHURNWATCH_OTHER", "is not ours"),
        ],
        &["kafka.properties.client.id=one"],
    )
    .unwrap();
    assert_eq!(config.kafka.bootstrap(), "a:1,b:2");
    assert_eq!(config.kafka.group_id, "hunter2");
    assert_eq!(config.changelog_topic(), "hunter2-customers-changelog");
    let properties: Vec<_> = config.kafka.properties.iter().collect();
    let meant = [
        ("client.id", "one"),
        ("linger.ms", "5"),
        ("sasl.password", "hunter2"),
        ("sasl.username", "ana"),
        ("security.protocol", "SASL_SSL"),
        ("ssl.ca.location", "/ca.pem"),
    ];
    assert_eq!(properties, meant);
}

#[test]
fn an_error_in_a_file_names_its_line_and_column() {
    let table = [
        // Syntax.
        ("[kafka]\ngroup_id = ", "c.toml:2:12: "),
        ("[kafka\ngroup_id = \"a\"", "c.toml:1:7: "),
        ("[log]\nlevel = \"info\"\nlevel = \"info\"", "c.toml:3:1: duplicate key"),
        // Keys.
        (
            "[kafka]\nbootstrap_server = 1",
            "c.toml:2:1: unknown key `kafka.bootstrap_server`; did you mean `kafka.bootstrap_servers`?",
        ),
        ("[kafak]\ngroup_id = \"a\"", "c.toml:1:2: unknown section [kafak]; did you mean [kafka]?"),
        ("[surprise]\n", "c.toml:1:2: unknown section [surprise]"),
        ("listen = 1", "c.toml:1:1: unknown key `listen`; did you mean `http.listen`?"),
        ("[kafka]\n  listen = 1", "c.toml:2:3: unknown key `kafka.listen`; did you mean `http.listen`?"),
        ("kafka = 1", "c.toml:1:1: `kafka` is a section: write [kafka], then its keys"),
        ("[http.listen]\nport = 1", "c.toml:1:7: `http.listen` is a key, not a section"),
        ("[[kafka]]\ngroup_id = \"a\"", "c.toml:1:3: `kafka` is a section"),
        // Types.
        (
            "[runtime]\nworkers = \"many\"",
            "c.toml:2:11: `runtime.workers` must be a whole number from 1 to 256, or \"auto\", not \"many\"",
        ),
        (
            "[runtime]\nworkers = 0",
            "c.toml:2:11: `runtime.workers` must be a whole number from 1 to 256, or \"auto\", not 0",
        ),
        ("[runtime]\nworkers = 99999999999999999999", "c.toml:2:11: `runtime.workers`: 99999999999999999999 is beyond"),
        ("[runtime]\nworkers = 1.5", "c.toml:2:11: `runtime.workers` must be a whole number"),
        (
            "alerts.quotes = \"true\"",
            "c.toml:1:17: `alerts.quotes` must be true or false, not \"true\"; without quotes",
        ),
        ("[alerts]\nquotes = 1", "c.toml:2:10: `alerts.quotes` must be true or false, not 1"),
        ("topics.input = [\"a\"]", "c.toml:1:16: `topics.input` must be a topic's name"),
        ("topics.input = \"a b\"", "c.toml:1:16: `topics.input` must be a topic's name"),
        // Time.
        ("[time]\nidle_after = 60", "; a number needs a unit, as in \"60s\""),
        ("[time]\nidle_after = \"60\"", "c.toml:2:14: `time.idle_after` must be a length of time from 100ms to 1d"),
        ("[time]\nidle_after = \"0s\"", "c.toml:2:14: `time.idle_after` must be a length of time from 100ms to 1d"),
        ("[time]\nout_of_orderness = \"-1s\"", "c.toml:2:20: `time.out_of_orderness` must be"),
        ("[time]\nlate_limit = \"9bh\"", "; business hours mean nothing here: this is plain time"),
        ("[complaints]\nacknowledge = \"9h\"", "; only business hours count here: write \"9bh\""),
        (
            "[complaints]\nacknowledge = \"0bh\"",
            "c.toml:2:15: `complaints.acknowledge` must be business hours, more than 0",
        ),
        (
            "[abandonment]\nwindow = \"0d\"",
            "c.toml:2:10: `abandonment.window` must be a length of time from 1m to 366d",
        ),
        ("[changelog]\nflush_interval = \"10s\"", "must be 0, not \"10s\"; this version writes each changed customer"),
        // Calendar.
        ("[calendar]\ntimezone = \"Europe/Madird\"", "; did you mean \"Europe/Madrid\"?"),
        ("[calendar]\ntimezone = \"Mars/Olympus\"", "c.toml:2:12: `calendar.timezone` must be an IANA time zone"),
        ("[calendar]\nopens = \"19:00\"", "c.toml:2:9: `calendar.closes` must be later than `calendar.opens`"),
        ("[calendar]\ncloses = \"09:00\"\n", "c.toml:2:10: `calendar.closes` must be later than `calendar.opens`"),
        ("[calendar]\nopens = \"9:00\"", "c.toml:2:9: `calendar.opens` must be a time of the day"),
        ("[calendar]\ncloses = \"24:01\"", "c.toml:2:10: `calendar.closes` must be a time of the day"),
        ("[calendar]\ndays = []", "c.toml:2:8: `calendar.days` must be a list of 1 to 7 elements"),
        ("[calendar]\ndays = [\"mon\", \"teu\"]", "; see element 2, \"teu\": did you mean \"tue\"?"),
        ("[calendar]\nholidays = [\"2026-02-30\"]", "; see element 1, \"2026-02-30\""),
        // Ranges.
        (
            "[promises]\ndue_soon_share = 1.01",
            "c.toml:2:18: `promises.due_soon_share` must be a number from 0 to 1, not 1.01",
        ),
        ("[silence]\nq = nan", "c.toml:2:5: `silence.q` must be a number from 0.01 to 0.99, not NaN"),
        ("[silence]\nr = 0", "c.toml:2:5: `silence.r` must be a number from 0.000001 to 1000000, not 0"),
        ("[alerts]\nowners = []", "c.toml:2:10: `alerts.owners` must be a list of 1 to 16 elements"),
        ("[alerts]\nowners = [\"a\", \"\"]", "; see element 2, \"\""),
        (
            "[dedupe]\nids_per_customer = 1025",
            "c.toml:2:20: `dedupe.ids_per_customer` must be a whole number from 0 to 1024",
        ),
        ("[runtime]\ntransaction_bytes = 16777216", "; a number needs a unit, as in \"16777216B\""),
        (
            "[runtime]\ntransaction_bytes = \"16MB\"",
            "c.toml:2:21: `runtime.transaction_bytes` must be an amount of memory",
        ),
        // Together.
        ("[promises]\ndue_soon_min = \"25h\"", "c.toml:2:16: `promises.due_soon_min` must be at most"),
        ("[abandonment]\ncount = 5", "c.toml:2:9: `abandonment.count` must be at most"),
        ("[grievances]\nitems = 1", "c.toml:2:9: `grievances.items_with_weight` must be at most"),
        ("[grievances]\nweight = 3.5", "c.toml:2:10: `grievances.weight` must be at most"),
        ("[runtime]\ncommit_interval = \"8s\"", "c.toml:2:19: `runtime.commit_interval` must be at most half"),
        (
            "[mapping]\nname = \"shop\"\nfile = \"a\"",
            "c.toml:3:8: `mapping.name` and `mapping.file` exclude each other",
        ),
        (
            "[topics]\nalerts = \"customer.events\"",
            "c.toml:2:10: `topics.input` and `topics.alerts` are the same topic",
        ),
        // Words, addresses.
        ("[runtime]\ndelivery = \"exactly_once\"", "; did you mean \"exactly-once\"?"),
        ("[log]\nformat = \"xml\"", "c.toml:2:10: `log.format` must be \"auto\", \"text\" or \"json\", not \"xml\""),
        ("[log]\nlevel = \"loud\"", "c.toml:2:9: `log.level` must be a level"),
        ("[http]\nlisten = \"localhost:80\"", "; write \"127.0.0.1:80\""),
        ("[http]\nlisten = \":80\"", "; write \"0.0.0.0:80\" for every interface"),
        ("[kafka]\nbootstrap_servers = [\"kafka\"]", "; see element 1, \"kafka\": Kafka's usual port is 9092"),
        // librdkafka's own.
        (
            "[kafka.properties]\nenable.auto.commit = true",
            "c.toml:2:22: `enable.auto.commit` is not free to set: it is part of",
        ),
        (
            "[kafka.properties]\n\"group.id\" = \"a\"",
            "c.toml:2:14: `group.id` is not free to set: set `kafka.group_id`",
        ),
        (
            "[kafka.properties]\n\"client.id\" = [1]",
            "c.toml:2:15: `client.id` must be a text, a number or a truth value",
        ),
        // Variables inside.
        ("[kafka]\ngroup_id = \"${MISSING}\"", "c.toml:2:12: `kafka.group_id`: variable MISSING is not set"),
        ("# ñandú\n[kafka]\n'group_id' = \"${\"", "c.toml:3:14: `kafka.group_id`: `${` has no closing"),
    ];
    for (text, part) in table {
        let errors = errors(text, &[], &[]);
        assert_eq!(errors.len(), 1, "{text}: {errors:?}");
        assert!(errors[0].starts_with("c.toml:"), "{text}: {errors:?}");
        assert!(errors[0].contains(part), "{text}: {errors:?}");
    }
}

#[test]
fn columns_count_characters() {
    let errors = errors("[alerts]\nowners = [\"ñandú\"]\n[log]\nformat = \"ñ\" # x\n'ñ' = 1", &[], &[]);
    assert!(errors[1].starts_with("c.toml:5:1: unknown key `log.ñ`"), "{errors:?}");
    let inline = self::errors("log = { level = \"info\", 'ññ' = 1, format = \"xml\" }", &[], &[]);
    assert!(inline[0].starts_with("c.toml:1:25: "), "{inline:?}");
    assert!(inline[1].starts_with("c.toml:1:44: "), "{inline:?}");
}

#[test]
fn every_error_is_reported() {
    let errors = errors(
        "[http]\nlisten = 1\nlisen = 2\n[kafka]\ngroup_id = \"\"\n",
        &[("CHURNWATCH__LOG__LEVEL", "loud"), ("CHURNWATCH__LOG__LEVLE", "info")],
        &["log.format=xml", "log.fromat=xml"],
    );
    assert_eq!(errors.len(), 7, "{errors:#?}");
    let places = ["c.toml:2:10:", "c.toml:3:1:", "c.toml:5:12:", "variable", "variable", "flag", "flag"];
    assert!(errors.iter().zip(places).all(|(error, place)| error.starts_with(place)), "{errors:#?}");
    let syntax = self::errors("a = = 1\nb = ]\n", &[], &[]);
    assert_eq!(syntax, ["c.toml:1:5: extra `=`, expected nothing", "c.toml:2:5: missing array opening, expected `[`"]);
}

#[test]
fn an_error_in_a_variable_or_a_flag_names_it() {
    for (env, flags, part) in [
        (
            &[("CHURNWATCH__TIME__IDLE_AFTER", "soon")][..],
            &[][..],
            "variable CHURNWATCH__TIME__IDLE_AFTER: `time.idle_after` must be",
        ),
        (&[("CHURNWATCH__TIME__IDLE_AFTER", "60")][..], &[][..], "; a number needs a unit, as in \"60s\""),
        (
            &[("CHURNWATCH__KAFKA__BOOTSTRAP_SERVER", "a:1")][..],
            &[][..],
            "variable CHURNWATCH__KAFKA__BOOTSTRAP_SERVER: unknown setting; did you mean CHURNWATCH__KAFKA__BOOTSTRAP_SERVERS?",
        ),
        (&[("CHURNWATCH__", "")][..], &[][..], "variable CHURNWATCH__: unknown setting"),
        (&[("CHURNWATCH__kafka__group_id", "a")][..], &[][..], "variable CHURNWATCH__kafka__group_id: unknown setting"),
        (&[("CHURNWATCH__KAFKA__PROPERTIES__", "a")][..], &[][..], "unknown setting"),
        (
            &[("CHURNWATCH__KAFKA__PROPERTIES__ISOLATION_LEVEL", "a")][..],
            &[][..],
            "variable CHURNWATCH__KAFKA__PROPERTIES__ISOLATION_LEVEL: `isolation.level` is not free to set",
        ),
        (&[("CHURNWATCH__KAFKA__GROUP_ID_FILE", "/no/such/file")][..], &[][..], "cannot read the file /no/such/file"),
        (&[][..], &["time.idle_after=soon"][..], "flag --set time.idle_after: `time.idle_after` must be"),
        (&[][..], &["time.idle_after"][..], "flag --set time.idle_after: write the value as well"),
        (&[][..], &["time.idle=off"][..], "flag --set time.idle: unknown key `time.idle`"),
        (&[][..], &["kafka=1"][..], "flag --set kafka: `kafka` is a section"),
    ] {
        let errors = errors("", env, flags);
        assert_eq!(errors.len(), 1, "{env:?} {flags:?}: {errors:?}");
        assert!(errors[0].contains(part), "{env:?} {flags:?}: {errors:?}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("group");
    std::fs::write(&path, "b").unwrap();
    let both = [("CHURNWATCH__KAFKA__GROUP_ID", "a"), ("CHURNWATCH__KAFKA__GROUP_ID_FILE", path.to_str().unwrap())];
    assert!(errors("", &both, &[])[0].contains("CHURNWATCH__KAFKA__GROUP_ID is set too"));
}

#[test]
fn no_message_and_no_debug_output_holds_a_secret() {
    let env: Env = &[
        ("PASSWORD", "hunter2"),
        ("CHURNWATCH__KAFKA__PROPERTIES__ACKS", "hunter2"),
        ("CHURNWATCH__KAFKA__PROPERTIES__SASL_PASSWORD", "hunter2"),
    ];
    let text =
        "kafka.bootstrap_servers = [\"${PASSWORD}\"]\nruntime.workers = \"${PASSWORD}\"\nlog.format = \"${PASSWORD}\"";
    let errors = errors(text, env, &["kafka.properties.group.id=hunter2"]);
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(!format!("{errors:?}").contains("hunter2"), "{errors:?}");
    let config = load("", &env[2..], &[]).unwrap();
    assert_eq!(config.kafka.properties.value("sasl.password"), Some("hunter2"));
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.toml");
    let errors = Config::load(Some(&path), std::iter::empty(), &[], &nobody).unwrap_err();
    assert_eq!(errors.0.len(), 1);
    assert!(errors.to_string().starts_with(&format!("{}: cannot read the file: ", path.display())), "{errors}");
    std::fs::write(&path, b"[kafka]\ngroup_id = \"\xff\"").unwrap();
    let errors = Config::load(Some(&path), std::iter::empty(), &[], &nobody).unwrap_err();
    assert_eq!(errors.to_string(), format!("{}:2:13: the file is not UTF-8 from here on", path.display()));
}

#[test]
fn other_rules_have_another_version_and_other_settings_have_not() {
    let version = |text: &str| load(text, &[], &[]).unwrap().rules.version;
    let default = Config::default().rules.version;
    assert_ne!(default, 0);
    assert_eq!(version("http.listen = \"off\""), default);
    assert_eq!(version("time.idle_after = \"off\""), default);
    assert_eq!(version("time.out_of_orderness = \"1m\""), default, "the same span, written otherwise");
    let others = [
        "time.out_of_orderness = \"2m\"",
        "silence.q = 0.4",
        "alerts.owners = [\"a\"]",
        "calendar.holidays = [2026-12-25]",
    ];
    let mut versions: Vec<u32> = others.iter().map(|text| version(text)).chain([default]).collect();
    versions.sort_unstable();
    versions.dedup();
    assert_eq!(versions.len(), others.len() + 1);
}

#[test]
fn an_objection_stands_where_the_last_key_to_blame_was_written() {
    let text = "[kafka]\ngroup_id = \"a\"\n[kafka.properties]\n\"linger.sm\" = 5\n[mapping]\nname = \"shop\"\n";
    let objection =
        |keys: &[&str]| Objection { keys: keys.iter().map(|key| (*key).to_owned()).collect(), message: "no".into() };
    let all = |_: &Config| {
        vec![
            objection(&["mapping.name"]),
            objection(&["kafka.properties.linger.sm", "kafka.group_id"]),
            objection(&["http.listen"]),
        ]
    };
    let entries = raw::read_text("c.toml", text, &Variables::new(), &mut Errors::default());
    let told: Vec<String> =
        meant(&entries, Errors::default(), &all).unwrap_err().0.iter().map(ConfigError::to_string).collect();
    assert_eq!(told, ["c.toml:4:15: no", "c.toml:6:8: no"]);
}

#[test]
fn tenants_and_segments_have_rules_of_their_own() {
    let text = r#"
        [complaints]
        acknowledge = "8bh"
        [tenants.acme.complaints]
        acknowledge = "4bh"
        [tenants."acme.mx".calendar]
        timezone = "America/Mexico_City"
        [tenants.acme.segments.vip.complaints]
        acknowledge = "2bh"
        [segments.vip.alerts]
        owners = ["team:vip"]
    "#;
    let rules = load(text, &[], &[]).unwrap().rules;
    let of = |tenant: Option<&str>, segment: Option<&str>| {
        let found = rules.exceptions.iter().find(|e| e.tenant.as_deref() == tenant && e.segment.as_deref() == segment);
        let rules = &found.unwrap_or_else(|| panic!("{tenant:?} {segment:?}")).rules;
        (rules.complaints.acknowledge, rules.alerts.owners[0].clone(), rules.calendar.timezone.clone())
    };
    let own = |hours, owner: &str, zone: &str| (Span::hours(hours), owner.to_owned(), zone.to_owned());
    assert_eq!(of(Some("acme"), None), own(4, "team:retention", "UTC"));
    assert_eq!(of(Some("acme"), Some("vip")), own(2, "team:vip", "UTC"));
    assert_eq!(of(None, Some("vip")), own(8, "team:vip", "UTC"));
    assert_eq!(of(Some("acme.mx"), Some("vip")), own(8, "team:vip", "America/Mexico_City"));
    assert_eq!(rules.exceptions.len(), 5);
    let other = load(&text.replace("2bh", "3bh"), &[], &[]).unwrap().rules;
    assert_ne!(other.version, rules.version, "exceptions are rules too");
}

#[test]
fn what_has_no_exceptions_or_contradicts_itself_in_one_is_refused_at_its_place() {
    for (text, message) in [
        (
            "[tenants.acme.time]\nlate_limit = \"9d\"",
            "c.toml:2:1: `time.late_limit` has no exceptions: time and duplicates are",
        ),
        (
            "[tenants.acme.kafka]\ngroup_id = \"x\"",
            "c.toml:2:1: `kafka.group_id` has no exceptions: it is the service's",
        ),
        ("[tenants.acme.complaints]\nacknowlege = \"9bh\"", "unknown key `complaints.acknowlege`; did you mean"),
        ("[tenants]\nacme = 3", "c.toml:2:1: a tenant has a name and sections of its own"),
        ("[segments.vip.abandonment]\ncount = 9", "c.toml:2:9: `abandonment.count` must be at most"),
    ] {
        let errors = load(text, &[], &[]).unwrap_err().to_string();
        assert!(errors.contains(message), "{text}: {errors}");
    }
}

#[test]
fn a_model_is_read_from_its_file_and_its_mistakes_have_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ours.toml");
    let text = |path: &std::path::Path| format!("[score]\nmodel = {:?}\n", path.display().to_string());
    std::fs::write(&path, super::BUILT_IN_MODEL.replace("default@2026-11-24", "ours@1")).unwrap();
    let ours = load(&text(&path), &[], &[]).unwrap();
    assert_eq!(ours.rules.score.model.name(), "ours@1");
    assert_ne!(ours.rules.version, Config::default().rules.version, "other weights are other rules");

    std::fs::write(&path, "name = \"ours@2\"\nintercept = -3\nprotection = 1\n[factors.efort]\n").unwrap();
    let errors = load(&text(&path), &[], &[]).unwrap_err().to_string();
    let file = path.display();
    assert_eq!(
        errors,
        format!(
            "{file}:3:14: `protection` must be a number from -100 to 0\n\
             {file}:4:10: there is no factor `efort`; did you mean `effort`?"
        )
    );

    let missing = folder.path().join("none.toml");
    let errors = load(&text(&missing), &[], &[]).unwrap_err().to_string();
    assert!(errors.starts_with("c.toml:2:9: `score.model`: cannot read "), "{errors}");
}

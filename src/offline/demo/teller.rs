//! Tells alerts and what led to them, as a person reads them.
//!
//! An alert that opens or gets worse is told in full: who, what is wrong, in the customer's language and in English,
//! why, with parts that add up, who should act by when, and what must not be done. What happens to it afterwards takes
//! a line or two in each language; what happens to a customer nobody knows takes one.

use std::collections::HashMap;

use crate::model::{Span, Time};
use crate::wording::Language;

use super::heard::{Heard, Risk, Text};
use super::paper::{Look, Paper, Style};
use super::story::{DAY_BEGINS, Record, Story};

/// Column at which sentences begin.
const INDENT: usize = 10;

/// Tells the day.
pub struct Teller {
    style: Style,
    languages: HashMap<String, Language>,
    /// Alerts told, before the day and on it.
    before: usize,
    told: usize,
}

impl Teller {
    /// Tells the people of `story` in full.
    pub fn new(story: &Story, style: Style) -> Teller {
        let languages = story.people().filter_map(|who| Some((who.to_owned(), story.language(who)?))).collect();
        Teller { style, languages, before: 0, told: 0 }
    }

    /// What is said before the day begins.
    pub fn opening(&self, events_before: usize, events: usize) -> String {
        let mut paper = Paper::new(self.style);
        paper.put(Look::Bold, "A day at acme, Wednesday 4 March 2026");
        paper.end();
        let text = format!(
            "{events_before} events of the months before are read first, then the {events} events of the day, 8:00 to \
             18:00 UTC. {} customers have a name here; the others are generated. Customer, text and score never leave \
             this machine.",
            self.languages.len()
        );
        paper.paragraph(2, "", Look::Dim, &text);
        paper.finish()
    }

    /// What happened to a person of the story on the day; nothing for others, and for what is not said aloud.
    pub fn event(&self, record: &Record) -> Option<String> {
        let language = self.languages.get(&record.key)?;
        if record.arrives < DAY_BEGINS {
            return None;
        }
        let event: serde_json::Value = serde_json::from_slice(&record.value).ok()?;
        let data = &event["data"];
        let said = ["text", "reason"].iter().find_map(|name| data[name].as_str());
        let mut paper = Paper::new(self.style);
        paper.end();
        let happened = event["time"].as_str().and_then(Time::parse)?;
        let late = if record.arrives - happened > Span::minutes(1) {
            format!(", of {} and only heard of now", clock(happened))
        } else {
            String::new()
        };
        let said = said.map(|said| format!(": {}", quoted(*language, said))).unwrap_or_default();
        let text = format!("{}  {}{late}{said}", record.key, in_words(event["type"].as_str()?));
        paper.paragraph(INDENT, &format!("{}   ", clock(record.arrives)), Look::Dim, &text);
        Some(paper.finish())
    }

    /// An alert, from its JSON. Empty for alerts before the day, which are only counted.
    pub fn alert(&mut self, json: &[u8]) -> Result<String, serde_json::Error> {
        let heard: Heard = serde_json::from_slice(json)?;
        let at = Time::parse(&heard.updated_at).unwrap_or(DAY_BEGINS);
        if at < DAY_BEGINS {
            self.before += 1;
            return Ok(String::new());
        }
        self.told += 1;
        let who = heard.scope.customer_id.as_deref().unwrap_or("everybody");
        let mut paper = Paper::new(self.style);
        match self.languages.get(who) {
            None => self.briefly(&mut paper, &heard, who, at),
            Some(&language) => {
                self.heading(&mut paper, &heard, who, at);
                let worse = matches!(heard.transition.as_str(), "opened" | "reopened" | "escalated");
                self.sentences(&mut paper, &heard, language, worse);
                if worse && heard.severity != "info" {
                    self.grounds(&mut paper, &heard, language);
                }
                if worse {
                    self.action(&mut paper, &heard, at);
                }
            }
        }
        Ok(paper.finish())
    }

    /// What is said when the day is over.
    pub fn closing(&self) -> String {
        let mut paper = Paper::new(self.style);
        paper.end();
        let text = format!(
            "The day is over. {} alerts were told, {} more were about the weeks before.",
            self.told, self.before
        );
        paper.paragraph(2, "", Look::Bold, &text);
        paper.finish()
    }

    fn heading(&self, paper: &mut Paper, heard: &Heard, who: &str, at: Time) {
        let (mark, look) = severity(heard);
        let what = standing(heard);
        paper.end();
        paper.put(Look::Dim, &format!(" {}  ", clock(at)));
        paper.put(look, &format!(" {mark} "));
        paper.put(Look::Bold, &format!("  {who}"));
        let used = INDENT + mark.chars().count() + 2 + who.chars().count();
        if used + 3 + what.chars().count() <= paper.width() {
            paper.put(Look::Dim, &format!("   {what}"));
            paper.end();
        } else {
            paper.end();
            paper.paragraph(INDENT, "", Look::Dim, &what);
        }
    }

    fn sentences(&self, paper: &mut Paper, heard: &Heard, language: Language, full: bool) {
        let texts = [(Language::Es, &heard.text.es), (Language::Fil, &heard.text.fil)];
        for (other, text) in texts {
            if other == language {
                self.sentence(paper, other.name(), text, full);
            }
        }
        self.sentence(paper, "en", &heard.text.en, full || language == Language::En);
    }

    fn sentence(&self, paper: &mut Paper, label: &str, text: &Text, full: bool) {
        let whole = if full { format!("{}. {}", text.title, text.body) } else { text.body.clone() };
        paper.paragraph(INDENT, label, Look::Plain, &whole);
    }

    /// Why: what was said, and the parts of the score.
    fn grounds(&self, paper: &mut Paper, heard: &Heard, language: Language) {
        let said = heard.evidence.iter().rev().find_map(|evidence| Some((&evidence.time, evidence.quote.as_ref()?)));
        if let Some((time, quote)) = said {
            let when = Time::parse(time).map(day_and_clock).unwrap_or_default();
            paper.paragraph(INDENT, "said", Look::Plain, &format!("{} ({when})", quoted(language, quote)));
        }
        if let Some(risk) = &heard.risk {
            self.score(paper, risk);
        }
    }

    fn score(&self, paper: &mut Paper, risk: &Risk) {
        let text = format!(
            "Chance of leaving within {} days: {} %, {} times the usual {} %. In log-odds:",
            risk.horizon_days,
            percent(risk.p),
            risk.lift,
            percent(risk.base)
        );
        paper.paragraph(INDENT, "why", Look::Plain, &text);
        let mut rows = vec![("a customer without troubles".to_owned(), risk.intercept)];
        for part in &risk.contributions {
            let since = part.since.as_deref().and_then(Time::parse).map(|since| format!(", since {}", date(since)));
            rows.push((format!("{}{}", in_words(&part.factor), since.unwrap_or_default()), part.log_odds));
        }
        if risk.other != 0.0 {
            rows.push(("other parts".into(), risk.other));
        }
        let decimals = if rows.iter().all(|(_, value)| is_whole(value * 100.0)) { 2 } else { 4 };
        for (what, value) in rows {
            paper.put(Look::Plain, &format!("{:INDENT$}{}  {what}", "", number(value, decimals)));
            paper.end();
        }
        paper.put(Look::Bold, &format!("{:INDENT$}{}  together", "", number(risk.log_odds, decimals)));
        paper.end();
    }

    fn action(&self, paper: &mut Paper, heard: &Heard, at: Time) {
        let by = match heard.act_by.as_deref().and_then(Time::parse) {
            Some(by) if by.day() == at.day() => format!(", by {} today", clock(by)),
            Some(by) => format!(", by {}", day_and_clock(by)),
            None => String::new(),
        };
        let steps = listed(&heard.action.steps);
        let stake = heard.value_at_stake.map(|value| format!("; {value:.0} at stake")).unwrap_or_default();
        paper.paragraph(INDENT, "who", Look::Blue, &format!("{}{by}: {steps}{stake}", heard.owner));
        let mut never = listed(&heard.action.do_not);
        let guardrails: Vec<&str> = heard.action.guardrails.iter().map(|guardrail| guardrail.code.as_str()).collect();
        if !guardrails.is_empty() {
            never = format!("{never} (for other systems: {})", guardrails.join(", "));
        }
        paper.paragraph(INDENT, "never", Look::Plain, &never);
    }

    fn briefly(&self, paper: &mut Paper, heard: &Heard, who: &str, at: Time) {
        let text = format!("{who}  {}: {}", heard.text.en.title, standing(heard));
        paper.paragraph(INDENT, &format!("{}   ", clock(at)), Look::Dim, &text);
    }
}

fn severity(heard: &Heard) -> (String, Look) {
    let over = matches!(heard.transition.as_str(), "resolved" | "expired" | "dismissed");
    let look = match heard.severity.as_str() {
        _ if over => Look::Green,
        "critical" => Look::Alarm,
        "error" => Look::Red,
        "warning" => Look::Yellow,
        _ => Look::Blue,
    };
    let mark = if over { "closed".to_owned() } else { heard.severity.clone() };
    (format!("{mark:^8}"), look)
}

/// What has just happened to the alert, and why: `escalated to team:retention: nobody acted in time`.
fn standing(heard: &Heard) -> String {
    let mut text = in_words(&heard.transition);
    if heard.transition == "escalated" && heard.escalation_level > 0 && heard.reason.as_deref() == Some("act_by_missed")
    {
        text = format!("{text} to {}", heard.owner);
    }
    let why = match heard.reason.as_deref() {
        None => return format!("{} {text}", heard.kind),
        Some("source_closed") => "put right",
        Some("late_fact") => "late news: it should not have been",
        Some("act_by_missed") => "nobody acted in time",
        Some("severity_up") => "it got worse",
        Some("condition_false") => "it is over",
        Some("new_fact") => "something new",
        Some("superseded") => "another alert took over",
        Some("repeat") => "still waiting",
        Some("human") => "by a person",
        Some("band") => "the risk changed",
        Some("retained") => "the customer stays",
        Some("churned") => "the customer left",
        Some(other) => return format!("{} {text}: {}", heard.kind, in_words(other)),
    };
    format!("{} {text}: {why}", heard.kind)
}

/// `keep_or_renegotiate`, `promise.kept` as words.
fn in_words(code: &str) -> String {
    code.replace(['_', '.'], " ")
}

fn listed(codes: &[String]) -> String {
    codes.iter().map(|code| in_words(code)).collect::<Vec<_>>().join(", ")
}

fn quoted(language: Language, text: &str) -> String {
    match language {
        Language::Es => format!("«{text}»"),
        Language::En | Language::Fil => format!("“{text}”"),
    }
}

/// With a real minus sign, and room for it.
fn number(value: f64, decimals: usize) -> String {
    let sign = if value < 0.0 { '−' } else { '+' };
    format!("{sign}{:.decimals$}", value.abs())
}

fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 1e-6
}

fn percent(p: f64) -> String {
    if p < 0.1 { format!("{:.1}", p * 100.0) } else { format!("{:.0}", p * 100.0) }
}

fn clock(time: Time) -> String {
    time.to_string()[11..16].to_owned()
}

/// `5 March 2026`.
fn date(time: Time) -> String {
    let mut text = String::new();
    Language::En.write_date(&mut text, time);
    text
}

fn day_and_clock(time: Time) -> String {
    format!("{} {}", date(time), clock(time))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use crate::engine::{Effect, Engine, Step};
    use crate::wording::Wording;

    const STYLE: Style = Style { width: 90, colours: false };

    fn tell(style: Style) -> String {
        let story = Story::new(1);
        let mut teller = Teller::new(&story, style);
        let wording = Wording::new();
        let mut engine = Engine::new(Default::default());
        let (mut effects, mut json) = (Vec::new(), Vec::new());
        let mut text = String::new();
        for record in story.history.iter().chain(&story.day) {
            let event = codec::decode(&record.value).unwrap_or_else(|error| panic!("{error}"));
            while engine.apply(&event, &mut effects) == Step::Again {}
            text.extend(teller.event(record));
            for alert in effects.drain(..).filter_map(Effect::into_alert) {
                json.clear();
                codec::alert::encode(&alert, &wording, &mut json);
                text += &teller.alert(&json).unwrap();
            }
        }
        text + &teller.closing()
    }

    #[test]
    fn the_day_reads_as_a_person_tells_it() {
        let text = tell(STYLE);
        for part in [
            "lucia-ramirez",
            "«Me subieron el precio sin avisar y a los nuevos les cobran menos.»",
            "Chance of leaving within 30 days: ",
            "a customer without troubles",
            "team:retention, by ",
            "late news: it should not have been",
            " fil  Hindi natupad ang pangako.",
            "upsell, new vague promise (for other systems: no_upsell, no_referral_ask)",
            "The day is over.",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_nothing_is_coloured_unasked() {
        for width in [60, 80, 100] {
            let text = tell(Style { width, colours: false });
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
            }
            assert!(!text.contains('\x1b'));
        }
        assert!(tell(Style { colours: true, ..STYLE }).contains("\x1b[1;33m"));
    }

    #[test]
    fn the_parts_that_are_shown_add_up() {
        let text = tell(STYLE);
        let (mut sum, mut sums) = (0_i64, 0);
        for line in text.lines() {
            let Some((number, what)) = line.trim().split_once("  ") else { continue };
            let Ok(value) = number.replace('−', "-").replace('+', "").parse::<f64>() else { continue };
            let units = (value * 1e4).round() as i64;
            match what {
                "a customer without troubles" => sum = units,
                "together" => {
                    assert_eq!(sum, units, "{text}");
                    sums += 1;
                }
                _ => sum += units,
            }
        }
        assert!(sums >= 9, "{sums} scores were told");
    }
}

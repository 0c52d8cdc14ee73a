//! Every sentence on one page, for native readers: tests/golden/wording.txt. `BLESS=1 cargo test` writes it anew.

use std::fmt::Write;
use std::path::Path;

use super::facts::words;
use super::tests::{LAYERS, alert, every_form, time};
use super::*;
use crate::model::alert::{FactWord, Facts};
use crate::model::event::Dimension;
use crate::model::{Kind, Status};

const PAGE: &str = "tests/golden/wording.txt";

const HEAD: &str = "\
Every sentence that alerts say, in English, Spanish and Filipino, for native readers.

The page is written by a test. To change a sentence, change src/wording/templates, run
`BLESS=1 cargo test --lib wording` and read the difference.

`es` is neutral Latin American Spanish and says usted; `tú` is the same and says tú; `ES` and `ES tú` are those of
Spain. A variant is shown where it differs from the lines above it, and where every fact is known.
";

/// What the engine knows of an alert of `kind` as a rule.
fn usual(kind: Kind, word: Option<FactWord>) -> Facts {
    let since = Some(time("2026-03-02T09:30:00Z"));
    let due = Some(time("2026-03-04T15:02:00Z"));
    let name = Some("internet for the shop".into());
    let none = Facts { word, since, ..Facts::default() };
    match kind {
        Kind::GrievanceAccumulation => Facts { count: Some(3), categories: Some(2), ..none },
        Kind::ComplaintStalled => Facts { due, days: Some(3), ..none },
        Kind::NoAdmission | Kind::DoubleDeviation => Facts { days: Some(9), ..none },
        Kind::SilentDeparture => Facts { count: Some(20), days: Some(55), ..none },
        Kind::PromiseDueSoon | Kind::PromiseBroken | Kind::ComplaintDueSoon => Facts { due, ..none },
        Kind::CancellationIntent => Facts { due: Some(time("2026-03-16T09:30:00Z")), ..none },
        Kind::ContactAbandoned | Kind::TrustLow => Facts { count: Some(2), ..none },
        Kind::CompetitorPull => Facts { count: Some(3), ..none },
        Kind::ValueGap | Kind::LoyaltyPenalty | Kind::ChurnRisk => Facts { percent: Some(18), ..none },
        Kind::NeedsDrift => Facts { count: Some(2), name, ..none },
        Kind::RelationshipCooling => Facts { percent: Some(40), days: Some(96), ..none },
        Kind::Neglect => Facts { days: Some(190), ..none },
        Kind::AnniversaryDue | Kind::AnniversaryMissed => Facts { count: Some(6), due, ..none },
        Kind::DealProne => Facts { count: Some(6), percent: Some(83), ..none },
        Kind::MarketingFatigue => Facts { count: Some(9), ..none },
        Kind::PromiseReliability => {
            Facts { count: Some(14), percent: Some(64), name: Some("team:north".into()), ..none }
        }
        Kind::IncidentUndisclosed => Facts { count: Some(120), due, ..none },
        Kind::PaymentHardship if word == Some(FactWord::Declared) => none,
        Kind::PaymentHardship => Facts { count: Some(2), days: Some(5), due, ..none },
        Kind::HardshipSilent => Facts { days: Some(16), ..none },
        Kind::PlanAtRisk => Facts { count: Some(2), due, ..none },
        Kind::Hotspot => Facts { count: Some(7), name: Some("Makati 2".into()), ..none },
        Kind::Conduct if word == Some(FactWord::ByAgent) => {
            Facts { count: Some(4), name: Some("agent:a7".into()), ..none }
        }
        Kind::Conduct => Facts { count: Some(2), ..none },
        Kind::ServiceQualityDrop => Facts { count: Some(5), dimension: Some(Dimension::Responsiveness), ..none },
        Kind::OnboardingStalled => Facts { days: Some(30), name, ..none },
        Kind::ChangeUnannounced => Facts { percent: Some(12), days: Some(6), ..none },
        Kind::DunningPressure => Facts { count: Some(3), ..none },
        Kind::SecondChance
        | Kind::RecoveryWindow
        | Kind::BlindSpot
        | Kind::DisputeContradicted
        | Kind::PublicDetraction
        | Kind::ReferralOpportunity
        | Kind::AdvocateAtRisk
        | Kind::ContractMismatch
        | Kind::ForcedContact => none,
    }
}

/// The same with every number 1.
fn single(facts: &Facts) -> Facts {
    let one = |n: Option<u32>| n.map(|_| 1);
    Facts { count: one(facts.count), categories: one(facts.categories), days: one(facts.days), ..facts.clone() }
}

/// The shipped sentences in each manner, the default one first, and what its lines begin with.
struct Speakers(Vec<(&'static str, Wording)>);

impl Speakers {
    fn all() -> Speakers {
        let names = ["es", "tú", "ES", "ES tú"];
        Speakers(names.into_iter().zip(Manner::all().map(Wording::shipped)).collect())
    }

    /// A line for each language, and for each Spanish that differs from those above it.
    fn lines(&self, page: &mut String, alert: &Alert, manners: usize, part: fn(&Text) -> &str) {
        let texts = self.0[0].1.texts(alert);
        writeln!(page, "    {:<6}{}", "en", part(&texts.en)).unwrap();
        let mut seen = Vec::new();
        for (name, wording) in &self.0[..manners] {
            let texts = wording.texts(alert);
            let text = part(&texts.es).to_owned();
            if !seen.contains(&text) {
                writeln!(page, "    {name:<6}{text}").unwrap();
                seen.push(text);
            }
        }
        writeln!(page, "    {:<6}{}", "fil", part(&texts.fil)).unwrap();
    }

    fn say(&self, page: &mut String, head: &str, alert: &Alert) {
        writeln!(page, "\n  {head}").unwrap();
        self.lines(page, alert, self.0.len(), |text| &text.body);
    }

    /// The same in the default manner only.
    fn say_once(&self, page: &mut String, head: &str, alert: &Alert) {
        writeln!(page, "\n  {head}").unwrap();
        self.lines(page, alert, 1, |text| &text.body);
    }

    fn title(&self, page: &mut String, name: &str, alert: &Alert) {
        writeln!(page, "\n\n{name}\n{}", "=".repeat(name.len())).unwrap();
        self.lines(page, alert, self.0.len(), |text| &text.title);
    }
}

fn page(speakers: &Speakers) -> String {
    let mut page = HEAD.to_owned();
    let act_by = Some(time("2026-03-06T15:02:00Z"));
    for &kind in Kind::ALL {
        let new = |facts: Facts| Alert { act_by, ..alert(kind, facts) };
        speakers.title(&mut page, kind.name(), &new(usual(kind, None)));
        for word in words(kind).iter().copied().map(Some).chain(words(kind).is_empty().then_some(None)) {
            let name = word.map_or(String::new(), |word| format!(" ({})", word.name()));
            let facts = usual(kind, word);
            speakers.say(&mut page, &format!("opened{name}"), &new(facts.clone()));
            if single(&facts) != facts {
                speakers.say_once(&mut page, &format!("opened{name}, every number 1"), &new(single(&facts)));
            }
            let nothing = Alert { act_by: None, ..new(Facts { word, ..Facts::default() }) };
            speakers.say_once(&mut page, &format!("opened{name}, nothing else known"), &nothing);
        }
        // How the kind ends in its own words; `over` where it is not as `closed`.
        for (form, transition, reason) in every_form() {
            let shown = match form {
                Form::Closed | Form::Retracted => true,
                // As a rule it says the same as `closed`.
                _ => !form.is_live() && has_own(kind, form),
            };
            if !shown {
                continue;
            }
            // A stage of a complaint and a colleague's conduct end in their own way; other words do not matter then.
            let stages = match kind {
                Kind::ComplaintStalled => words(kind),
                Kind::Conduct => &[FactWord::EncounterComplaint, FactWord::ByAgent],
                _ => &[],
            };
            for word in stages.iter().copied().map(Some).chain(stages.is_empty().then_some(None)) {
                let name = word.map_or(String::new(), |word| format!(" ({})", word.name()));
                let ended =
                    Alert { transition, reason, status: Status::Resolved, act_by: None, ..new(usual(kind, word)) };
                speakers.say(&mut page, &format!("{}{name}", form.name()), &ended);
            }
        }
    }
    let name = "WHAT EVERY KIND SAYS ALIKE, with PROMISE_BROKEN as the example";
    let facts = usual(Kind::PromiseBroken, Some(FactWord::PromiseDue));
    let example = Alert { act_by, ..alert(Kind::PromiseBroken, facts) };
    speakers.title(&mut page, name, &example);
    for (form, transition, reason) in every_form() {
        let status = match form {
            Form::Acknowledged => Status::Acknowledged,
            Form::Snoozed => Status::Snoozed,
            _ => Status::Open,
        };
        if !matches!(form, Form::Closed | Form::Over | Form::Retracted) {
            speakers.say(&mut page, form.name(), &Alert { transition, reason, status, ..example.clone() });
        }
    }
    page
}

fn has_own(kind: Kind, form: Form) -> bool {
    LAYERS.iter().any(|layer| layer.pieces.contains_key(&(Some(kind), layer::Part::Body(form))))
}

#[test]
fn the_page_of_every_sentence_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = page(&Speakers::all());
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &page).expect("the page can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (at, (golden, now)) in golden.lines().zip(page.lines()).enumerate() {
        assert_eq!(golden, now, "{PAGE}:{}: BLESS=1 writes it anew", at + 1);
    }
    assert_eq!(golden.lines().count(), page.lines().count(), "{PAGE}: BLESS=1 writes it anew");
}

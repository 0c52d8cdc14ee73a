//! What the teller takes from an alert's JSON.

use serde::Deserialize;

/// An alert as a subscriber reads it; what is not told is left out.
#[derive(Debug, Deserialize)]
pub struct Heard {
    pub transition: String,
    pub kind: String,
    pub scope: Scope,
    pub severity: String,
    pub updated_at: String,
    pub act_by: Option<String>,
    pub owner: String,
    pub escalation_level: u8,
    pub risk: Option<Risk>,
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    pub action: Action,
    pub text: Texts,
    pub reason: Option<String>,
    pub value_at_stake: Option<f64>,
}

#[derive(Debug, Deserialize)]
pub struct Scope {
    pub customer_id: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Risk {
    pub p: f64,
    pub base: f64,
    pub lift: f64,
    pub horizon_days: u32,
    pub log_odds: f64,
    pub contributions: Vec<Contribution>,
    pub other: f64,
    pub intercept: f64,
}

#[derive(Debug, Deserialize)]
pub struct Contribution {
    pub factor: String,
    pub log_odds: f64,
    pub since: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Evidence {
    pub time: String,
    pub quote: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Action {
    #[serde(rename = "do")]
    pub steps: Vec<String>,
    pub do_not: Vec<String>,
    pub guardrails: Vec<Guardrail>,
}

#[derive(Debug, Deserialize)]
pub struct Guardrail {
    pub code: String,
}

#[derive(Debug, Deserialize)]
pub struct Texts {
    pub en: Text,
    pub es: Text,
    pub fil: Text,
}

#[derive(Debug, Deserialize)]
pub struct Text {
    pub title: String,
    pub body: String,
}

//! Models of the score as files: what each factor is worth, readable, and checked factor by factor.

use std::fmt::Write;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{Errors, Place};
use super::raw;
use super::suggest::nearest;
use super::texts::MODEL;
use crate::engine::risk::{Curve, Factor, Model, Unfit, factors};
use crate::model::alert::LogOdds;

/// The model that is built in, as a file: the form of every other.
pub const BUILT_IN: &str = include_str!("../../config/models/default.toml");

/// Numbers beyond it would make sums overflow, and no data speaks for them.
const LARGEST: f64 = 100.0;
/// Most bins or points of a curve.
const POINTS_MAX: usize = 64;

/// Reads the model in the file at `path`, which was named at `named`; none if there is something wrong, which is reported.
pub(super) fn read_file(path: &Path, named: &Place, errors: &mut Errors) -> Option<Model> {
    match std::fs::read_to_string(path) {
        Ok(text) => read_text(&path.display().to_string(), &text, errors),
        Err(cause) => {
            errors.add(named, format!("`score.model`: cannot read {}: {cause}", path.display()));
            None
        }
    }
}

/// Reads a model; `name` is what errors call the file. None if there is something wrong, which is reported.
pub(super) fn read_text(name: &str, text: &str, errors: &mut Errors) -> Option<Model> {
    let before = errors.0.len();
    let table = raw::parse(name, text, errors)?;
    let mut reader = Reader { name, text, errors };
    let model = reader.model(table.get_ref());
    (errors.0.len() == before).then_some(model)
}

type Written<'t> = Spanned<DeValue<'t>>;

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    fn wrong(&mut self, at: usize, message: impl Into<String>) {
        self.errors.add(&raw::place(self.name, self.text, at), message);
    }

    fn model(&mut self, table: &DeTable<'_>) -> Model {
        let (mut name, mut intercept, mut protection, mut parts) = (None, None, None, None);
        for (key, value) in table {
            match (&**key.get_ref(), value.get_ref()) {
                ("name", DeValue::String(text)) if (MODEL.check)(text).is_ok() => name = Some(text.to_string()),
                ("name", _) => {
                    self.wrong(value.span().start, format!("`name` must be {}", MODEL.expected));
                    name = Some(String::new());
                }
                ("intercept", _) => intercept = Some(self.number("intercept", value, -LARGEST, 0.0)),
                ("protection", _) => protection = Some(self.number("protection", value, -LARGEST, 0.0)),
                ("factors", DeValue::Table(factors)) => parts = Some(factors),
                (other, _) => {
                    let keys = ["name", "intercept", "protection", "factors"];
                    let hint = nearest(other, keys).map(|meant| format!("; did you mean `{meant}`?"));
                    self.wrong(key.span().start, format!("unknown key `{other}`{}", hint.unwrap_or_default()));
                }
            }
        }
        for (key, missing) in [
            ("name", name.is_none()),
            ("intercept", intercept.is_none()),
            ("protection", protection.is_none()),
            ("[factors.<name>]", parts.is_none()),
        ] {
            if missing {
                self.errors.add(&Place::WholeFile(self.name.to_owned()), format!("`{key}` is missing"));
            }
        }
        let log_odds = |number: Option<f64>| LogOdds::from_f64(number.unwrap_or_default());
        let mut model = Model::new(name.unwrap_or_default(), log_odds(intercept), log_odds(protection));
        for (key, value) in parts.into_iter().flatten() {
            let at = key.span().start;
            let Some(factor) = factors().find(|f| f.name == &**key.get_ref()) else {
                let hint = nearest(key.get_ref(), factors().map(|f| f.name));
                let hint = hint.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                self.wrong(at, format!("there is no factor `{}`{hint}", key.get_ref()));
                continue;
            };
            match value.get_ref() {
                DeValue::Table(part) => self.part(&mut model, factor, at, part),
                _ => self.wrong(at, format!("`{}` is a section: write [factors.{}]", factor.name, factor.name)),
            }
        }
        model
    }

    fn part(&mut self, model: &mut Model, factor: &'static Factor, at: usize, table: &DeTable<'_>) {
        const KEYS: [&str; 5] = ["curve", "weight", "cap", "bins", "points"];
        let name = factor.name;
        for (key, _) in table {
            if !KEYS.contains(&&**key.get_ref()) {
                let hint = nearest(key.get_ref(), KEYS).map(|meant| format!("; did you mean `{meant}`?"));
                let message = format!("`{name}` has no `{}`{}", key.get_ref(), hint.unwrap_or_default());
                self.wrong(key.span().start, message);
            }
        }
        let find = |key: &str| table.iter().find(|(k, _)| &**k.get_ref() == key).map(|(_, value)| value);
        let (list, unused) = match find("curve").map(|value| value.get_ref()) {
            Some(DeValue::String(word)) if matches!(&**word, "count" | "line") => ("weight", ["bins", "points"]),
            Some(DeValue::String(word)) if &**word == "steps" => ("bins", ["weight", "points"]),
            Some(DeValue::String(word)) if &**word == "pieces" => ("points", ["weight", "bins"]),
            _ => {
                let at = find("curve").map_or(at, |value| value.span().start);
                return self
                    .wrong(at, format!("`{name}`: `curve` must be \"count\", \"line\", \"steps\" or \"pieces\""));
            }
        };
        for key in unused {
            if let Some(value) = find(key) {
                self.wrong(value.span().start, format!("`{name}`: `{key}` means nothing to this curve"));
            }
        }
        let (Some(value), Some(cap)) = (find(list), find("cap")) else {
            return self.wrong(at, format!("`{name}` needs `{list}` and `cap`"));
        };
        let cap = self.number("cap", cap, 0.0, LARGEST);
        let curve = match list {
            "bins" => Curve::Steps(self.points(list, value)),
            "points" => Curve::Pieces(self.points(list, value)),
            _ => {
                let weight = self.number("weight", value, -LARGEST, LARGEST);
                let counts = matches!(find("curve").map(|v| v.get_ref()), Some(DeValue::String(w)) if &**w == "count");
                if counts { Curve::Count(weight) } else { Curve::Line(weight) }
            }
        };
        if let Err(unfit) = model.set(factor, curve, cap) {
            let why = match unfit {
                Unfit::WrongSign => {
                    "more of it must move the risk only one way, as its sign in the table of factors says"
                }
                Unfit::NotZeroAtReference => "0, the healthy customer, must have no part; it belongs into `intercept`",
                Unfit::OutOfOrder => "the first numbers must ascend",
            };
            self.wrong(value.span().start, format!("`{name}`: {why}"));
        }
    }

    fn number(&mut self, key: &str, value: &Written<'_>, least: f64, most: f64) -> f64 {
        let number = number(value).filter(|n| (least..=most).contains(n));
        number.unwrap_or_else(|| {
            self.wrong(value.span().start, format!("`{key}` must be a number from {least} to {most}"));
            0.0
        })
    }

    /// Pairs of a value and its log-odds.
    fn points(&mut self, key: &str, value: &Written<'_>) -> Vec<(f64, f64)> {
        let pair = |item: &Written<'_>| match item.get_ref() {
            DeValue::Array(pair) if pair.len() == 2 => {
                let (x, y) = (number(&pair[0])?, number(&pair[1])?);
                (x.is_finite() && y.abs() <= LARGEST).then_some((x, y))
            }
            _ => None,
        };
        let points: Option<Vec<(f64, f64)>> = match value.get_ref() {
            DeValue::Array(items) if items.len() <= POINTS_MAX => items.iter().map(pair).collect(),
            _ => None,
        };
        points.unwrap_or_else(|| {
            let message = format!("`{key}` must be a list of at most {POINTS_MAX} pairs, as in [[1, 0.2], [3, 0.5]]");
            self.wrong(value.span().start, message);
            Vec::new()
        })
    }
}

fn number(value: &Written<'_>) -> Option<f64> {
    match value.get_ref() {
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64),
        DeValue::Float(number) => number.as_str().parse().ok(),
        _ => None,
    }
}

/// A model as a file, without comments. Two models are written alike only if they are the same.
pub fn show(model: &Model) -> String {
    let mut out = format!(
        "name = {}\nintercept = {:?}\nprotection = {:?}\n",
        toml::Value::String(model.name().to_owned()),
        model.intercept().as_f64(),
        model.protection().as_f64()
    );
    for part in model.parts() {
        let (curve, key, value) = match &part.curve {
            Curve::Count(weight) => ("count", "weight", format!("{weight:?}")),
            Curve::Line(weight) => ("line", "weight", format!("{weight:?}")),
            Curve::Steps(bins) => ("steps", "bins", show_points(bins)),
            Curve::Pieces(points) => ("pieces", "points", show_points(points)),
        };
        let name = part.factor.name;
        // Writing to a string cannot fail.
        let _ = write!(out, "\n[factors.{name}]\ncurve = \"{curve}\"\n{key} = {value}\ncap = {:?}\n", part.cap);
    }
    out
}

fn show_points(points: &[(f64, f64)]) -> String {
    let pairs: Vec<String> = points.iter().map(|(x, y)| format!("[{x:?}, {y:?}]")).collect();
    format!("[{}]", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Model, String> {
        let mut errors = Errors::default();
        let model = read_text("m.toml", text, &mut errors);
        let errors: Vec<String> = errors.0.iter().map(ToString::to_string).collect();
        model.filter(|_| errors.is_empty()).ok_or(errors.join("\n"))
    }

    #[test]
    fn the_shipped_file_is_the_built_in_model() {
        let shipped = read(BUILT_IN).unwrap();
        assert_eq!(show(&shipped), show(&Model::default()));
        assert_eq!(shipped, Model::default());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut model = Model::default();
        let factor = |name: &str| factors().find(|f| f.name == name).unwrap();
        model.set(factor("effort"), Curve::Steps(vec![(1.0, 0.125), (3.0, 0.5)]), 0.5).unwrap();
        model.set(factor("usage_30d"), Curve::Pieces(vec![(0.0, 0.0), (9.0, -0.1)]), 1.0).unwrap();
        assert_eq!(read(&show(&model)), Ok(model));
    }

    #[test]
    fn a_mistake_is_told_with_its_place() {
        const HEAD: &str = "name = \"acme@1\"\nintercept = -3.5\nprotection = -1\n";
        for (part, error) in [
            ("[factors.effort]\ncurve = \"line\"\nweight = 0.2\ncap = 1", ""),
            ("[factors.efort]\ncurve = \"line\"", "m.toml:4:10: there is no factor `efort`; did you mean `effort`?"),
            (
                "[factors.effort]\nweight = 0.2\ncap = 1",
                "m.toml:4:10: `effort`: `curve` must be \"count\", \"line\", \"steps\" or \"pieces\"",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nweight = \"x\"\ncap = 1",
                "m.toml:6:10: `weight` must be a number from -100 to 100",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nweight = 1\ncap = -1",
                "m.toml:7:7: `cap` must be a number from 0 to 100",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nweight = nan\ncap = 1",
                "m.toml:6:10: `weight` must be a number from -100 to 100",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nweight = -1\ncap = 1",
                "m.toml:6:10: `effort`: more of it must move the risk only one way, as its sign in the table of factors says",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nwieght = 1\ncap = 1",
                "m.toml:6:1: `effort` has no `wieght`; did you mean `weight`?\nm.toml:4:10: `effort` needs `weight` and `cap`",
            ),
            (
                "[factors.effort]\ncurve = \"steps\"\nbins = [[1]]\ncap = 1",
                "m.toml:6:8: `bins` must be a list of at most 64 pairs, as in [[1, 0.2], [3, 0.5]]",
            ),
            (
                "[factors.effort]\ncurve = \"steps\"\nbins = [[0, 0.1]]\ncap = 1",
                "m.toml:6:8: `effort`: 0, the healthy customer, must have no part; it belongs into `intercept`",
            ),
            (
                "[factors.effort]\ncurve = \"pieces\"\npoints = [[2, 0.1], [1, 0.2]]\ncap = 1",
                "m.toml:6:10: `effort`: the first numbers must ascend",
            ),
            (
                "[factors.effort]\ncurve = \"line\"\nweight = 1\nbins = []\ncap = 1",
                "m.toml:7:8: `effort`: `bins` means nothing to this curve",
            ),
            ("[factors]\neffort = 1", "m.toml:5:1: `effort` is a section: write [factors.effort]"),
            (
                "intercpt = 1\n[factors.effort]\ncurve = \"line\"\nweight = 1\ncap = 1",
                "m.toml:4:1: unknown key `intercpt`; did you mean `intercept`?",
            ),
            ("", "m.toml: `[factors.<name>]` is missing"),
        ] {
            let got = read(&format!("{HEAD}{part}")).err().unwrap_or_default();
            assert_eq!(got, error, "{part}");
        }
        assert_eq!(
            read("name = 1\n[factors]\n").unwrap_err(),
            "m.toml:1:8: `name` must be 1 to 64 characters, as in \"acme@2027-01-31\"\nm.toml: `intercept` is missing\nm.toml: `protection` is missing"
        );
        assert!(read("name = ").unwrap_err().starts_with("m.toml:1:"));
    }
}

//! A model: what each factor is worth. The built-in one holds the priors of the factors' table.

use super::curve::Curve;
use super::factors::{Factor, Sign, factors};
use crate::model::alert::LogOdds;

/// What each factor is worth, in log-odds of leaving within 30 days.
///
/// **Invariant:** one part at most for a factor, in the order of the table, each within its sign, and 0 at the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    name: String,
    intercept: LogOdds,
    protection: LogOdds,
    parts: Vec<Part>,
}

/// What one factor is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which factor.
    pub factor: &'static Factor,
    /// Its log-odds by value.
    pub curve: Curve,
    /// Largest part, of either sign.
    pub cap: f64,
}

/// Why a curve cannot stand for a factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// More of a failure would lower the risk, or more of a merit raise it.
    WrongSign,
    /// The reference, 0, has a part of its own: that belongs into the intercept.
    NotZeroAtReference,
    /// The points do not ascend.
    OutOfOrder,
}

impl Part {
    /// The part of a value.
    pub(super) fn log_odds(&self, value: f64) -> LogOdds {
        if value == 0.0 {
            return LogOdds(0);
        }
        LogOdds::from_f64(self.curve.at(value).clamp(-self.cap, self.cap))
    }
}

impl Model {
    /// A model in which nothing counts. `intercept`: log-odds of a healthy customer; `protection`: the lowest that all
    /// protective parts come to together, at most 0.
    pub fn new(name: String, intercept: LogOdds, protection: LogOdds) -> Model {
        Model { name, intercept, protection: protection.min(LogOdds(0)), parts: Vec::new() }
    }

    /// Sets what `factor` is worth; a curve that is 0 everywhere takes it out.
    ///
    /// # Errors
    /// If the curve cannot stand for the factor.
    pub fn set(&mut self, factor: &'static Factor, curve: Curve, cap: f64) -> Result<(), Unfit> {
        check(factor, &curve)?;
        self.parts.retain(|part| part.factor != factor);
        if !curve.is_nothing() {
            self.parts.push(Part { factor, curve, cap: cap.abs() });
            self.parts.sort_by_key(|part| factors().position(|f| f == part.factor));
        }
        Ok(())
    }

    /// Its name and version, printed in every alert.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The log-odds of a healthy customer.
    pub fn intercept(&self) -> LogOdds {
        self.intercept
    }

    /// The lowest that all protective parts come to together.
    pub fn protection(&self) -> LogOdds {
        self.protection
    }

    /// What counts, in the order of the factors.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }
}

fn check(factor: &Factor, curve: &Curve) -> Result<(), Unfit> {
    let allowed = |way: f64| match factor.sign {
        Sign::Raises => way >= 0.0,
        Sign::Lowers => way <= 0.0,
        Sign::Either => true,
    };
    match curve {
        Curve::Count(weight) | Curve::Line(weight) => {
            if !allowed(*weight) {
                return Err(Unfit::WrongSign);
            }
        }
        Curve::Steps(points) | Curve::Pieces(points) => {
            if !points.is_sorted_by(|a, b| a.0 < b.0) {
                return Err(Unfit::OutOfOrder);
            }
            if curve.at(0.0) != 0.0 {
                return Err(Unfit::NotZeroAtReference);
            }
            let below_the_first = [0.0].into_iter().filter(|_| matches!(curve, Curve::Steps(_)));
            let heights: Vec<f64> = below_the_first.chain(points.iter().map(|(_, y)| *y)).collect();
            if !heights.windows(2).all(|pair| allowed(pair[1] - pair[0])) {
                return Err(Unfit::WrongSign);
            }
        }
    }
    Ok(())
}

impl Default for Model {
    /// The priors of the domain page; base 2 % in 30 days.
    fn default() -> Model {
        let mut model = Model::new("default@2026-11-24".into(), LogOdds(-38_900), LogOdds(-12_000));
        for factor in factors() {
            let prior = &factor.prior;
            model.set(factor, prior.curve(), prior.cap).expect("the sign of a prior is the factor's own");
        }
        model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn factor(name: &str) -> &'static Factor {
        factors().find(|f| f.name == name).unwrap()
    }

    #[test]
    fn what_cannot_stand_for_a_factor_is_refused() {
        let mut model = Model::default();
        let (risk, merit, count) = (factor("effort"), factor("tenure"), factor("usage_30d"));
        for (factor, curve, expected) in [
            (risk, Curve::Count(-0.1), Err(Unfit::WrongSign)),
            (merit, Curve::Line(0.1), Err(Unfit::WrongSign)),
            (count, Curve::Line(-0.1), Ok(())),
            (count, Curve::Line(0.1), Ok(())),
            (risk, Curve::Steps(vec![(1.0, 0.3), (2.0, 0.2)]), Err(Unfit::WrongSign)),
            (risk, Curve::Steps(vec![(2.0, 0.3), (1.0, 0.4)]), Err(Unfit::OutOfOrder)),
            (risk, Curve::Steps(vec![(0.0, 0.3)]), Err(Unfit::NotZeroAtReference)),
            (risk, Curve::Pieces(vec![(1.0, 0.3)]), Err(Unfit::NotZeroAtReference)),
            (risk, Curve::Pieces(vec![(0.0, 0.0), (3.0, 0.3)]), Ok(())),
        ] {
            assert_eq!(model.set(factor, curve.clone(), 1.0), expected, "{factor:?} {curve:?}");
        }
    }

    #[test]
    fn a_part_is_capped_on_both_sides_and_nothing_costs_nothing() {
        let mut model = Model::default();
        let parts = model.parts().len();
        model.set(factor("survey"), Curve::Line(4.0), 1.0).unwrap();
        let part = model.parts().iter().find(|p| p.factor.name == "survey").unwrap();
        assert_eq!([0.0, 0.1, 0.6, -0.5].map(|x| part.log_odds(x).0), [0, 4_000, 10_000, -10_000]);
        assert_eq!(model.parts().len(), parts);
        model.set(factor("survey"), Curve::Line(0.0), 1.0).unwrap();
        assert_eq!(model.parts().len(), parts - 1);
        assert!(model.parts().iter().all(|p| p.factor.sign != Sign::Either));
    }
}

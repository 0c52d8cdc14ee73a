//! How a factor's value becomes log-odds.

/// A curve through 0 at the factor's reference, 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Curve {
    /// `weight * log2(1 + x)`: counts that saturate; negative values count as 0.
    Count(f64),
    /// `weight * x`.
    Line(f64),
    /// Bins: `(from, log-odds)` in ascending order of `from`; 0 below the first.
    Steps(Vec<(f64, f64)>),
    /// Straight lines between points `(x, log-odds)` in ascending order of `x`; level beyond the first and the last.
    Pieces(Vec<(f64, f64)>),
}

impl Curve {
    /// The log-odds of `x`.
    pub fn at(&self, x: f64) -> f64 {
        match self {
            Curve::Count(weight) => weight * libm::log2(1.0 + x.max(0.0)),
            Curve::Line(weight) => weight * x,
            Curve::Steps(bins) => bins.iter().rev().find(|(from, _)| *from <= x).map_or(0.0, |(_, y)| *y),
            Curve::Pieces(points) => piece(points, x),
        }
    }

    /// Whether it is 0 everywhere: such a part costs nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Curve::Count(weight) | Curve::Line(weight) => *weight == 0.0,
            Curve::Steps(points) | Curve::Pieces(points) => points.iter().all(|(_, y)| *y == 0.0),
        }
    }
}

fn piece(points: &[(f64, f64)], x: f64) -> f64 {
    let after = points.partition_point(|(at, _)| *at <= x);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((x0, y0)), Some((x1, y1))) => y0 + (y1 - y0) * (x - x0) / (x1 - x0),
        (Some((_, y)), None) => y,
        (None, Some((_, y))) => *y,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_go_where_they_should() {
        let steps = Curve::Steps(vec![(1.0, 0.2), (3.0, 0.7)]);
        let pieces = Curve::Pieces(vec![(-2.0, -0.4), (0.0, 0.0), (4.0, 1.0)]);
        for (curve, x, y) in [
            (&Curve::Count(0.5), 3.0, 1.0),
            (&Curve::Count(0.5), -3.0, 0.0),
            (&Curve::Line(-0.2), 2.0, -0.4),
            (&steps, 0.0, 0.0),
            (&steps, 0.99, 0.0),
            (&steps, 1.0, 0.2),
            (&steps, 2.9, 0.2),
            (&steps, 300.0, 0.7),
            (&pieces, -9.0, -0.4),
            (&pieces, -1.0, -0.2),
            (&pieces, 0.0, 0.0),
            (&pieces, 1.0, 0.25),
            (&pieces, 4.0, 1.0),
            (&pieces, 9.0, 1.0),
            (&Curve::Pieces(Vec::new()), 1.0, 0.0),
        ] {
            assert_eq!(curve.at(x), y, "{curve:?} at {x}");
        }
    }

    #[test]
    fn what_is_nothing_everywhere_is_known() {
        assert!(Curve::Count(0.0).is_nothing() && Curve::Steps(vec![(1.0, 0.0)]).is_nothing());
        assert!(!Curve::Line(-0.1).is_nothing() && !Curve::Pieces(vec![(0.0, 0.0), (1.0, 0.1)]).is_nothing());
    }
}

//! Cost against rules as an SVG, both axes logarithmic.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 460.0;
/// Left, top, right, bottom.
const MARGIN: [f64; 4] = [70.0, 40.0, 130.0, 50.0];
const COLOURS: [&str; 12] = [
    "#555555", "#1f77b4", "#2ca02c", "#9467bd", "#8c564b", "#e377c2", "#17becf", "#bcbd22", "#ff7f0e", "#7b3f00",
    "#003f5c", "#c49c94",
];

fn time(exponent: i32) -> String {
    let (unit, zero) = match exponent {
        ..3 => ("ns", 0),
        3..6 => ("µs", 3),
        6..9 => ("ms", 6),
        _ => ("s", 9),
    };
    format!("{} {unit}", 10_u64.pow(u32::try_from(exponent - zero).unwrap_or(0)))
}

/// The mean of prepared decisions of every engine.
pub fn draw(lines: &[Value]) -> String {
    let mut curves: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for line in lines.iter().filter(|line| line["workload"] == "agents" && line["mode"] == "prepared") {
        if let (Some(engine), Some(rules), Some(mean)) =
            (line["engine"].as_str(), line["rules"].as_f64(), line["mean_ns"].as_f64())
        {
            curves.entry(engine).or_default().push((rules.log10(), mean.log10()));
        }
    }
    let points = || curves.values().flatten();
    let bounds = |value: fn(&(f64, f64)) -> f64| {
        let (low, high) = points().map(value).fold((f64::MAX, f64::MIN), |(a, b), v| (a.min(v), b.max(v)));
        (low.floor(), high.ceil().max(low.floor() + 1.0))
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"white\"/>\n\
         <text x=\"{}\" y=\"22\" font-size=\"14\">Mean time of a prepared decision against the number of rules</text>\n",
        MARGIN[0]
    );
    if curves.is_empty() {
        return svg + "</svg>\n";
    }
    let ((x0, x1), (y0, y1)) = (bounds(|p| p.0), bounds(|p| p.1));
    let x = |v: f64| MARGIN[0] + (v - x0) / (x1 - x0) * (WIDTH - MARGIN[0] - MARGIN[2]);
    let y = |v: f64| HEIGHT - MARGIN[3] - (v - y0) / (y1 - y0) * (HEIGHT - MARGIN[1] - MARGIN[3]);
    let (left, right, top, bottom) = (x(x0), x(x1), y(y1), y(y0));
    for exponent in x0 as i32..=x1 as i32 {
        let (at, label) = (x(f64::from(exponent)), 10_u64.pow(exponent.unsigned_abs()));
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {top:.1}V{bottom:.1}\" stroke=\"#dddddd\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            bottom + 18.0
        );
    }
    for exponent in y0 as i32..=y1 as i32 {
        let at = y(f64::from(exponent));
        let _ = writeln!(
            svg,
            "<path d=\"M{left:.1} {at:.1}H{right:.1}\" stroke=\"#dddddd\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            left - 8.0,
            at + 4.0,
            time(exponent)
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">rules</text>",
        f64::midpoint(left, right),
        bottom + 38.0
    );
    // Names stand at the ends of their curves, pushed apart where those meet.
    let mut ends: Vec<(&str, f64, f64)> =
        curves.iter().filter_map(|(engine, curve)| curve.last().map(|end| (*engine, x(end.0), y(end.1)))).collect();
    ends.sort_by(|a, b| a.2.total_cmp(&b.2));
    let colour = |engine: &str| {
        let place = curves.keys().position(|name| *name == engine).unwrap_or(0);
        if engine == "placet" { "#d62728" } else { COLOURS[place % COLOURS.len()] }
    };
    for (engine, curve) in &curves {
        let path: Vec<String> = curve.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        let width = if *engine == "placet" { 3 } else { 2 };
        let colour = colour(engine);
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\"/>",
            path.join(" ")
        );
    }
    let mut lowest: BTreeMap<u64, f64> = BTreeMap::new();
    for (engine, at, height) in ends {
        let column = lowest.entry(at.to_bits()).or_insert(f64::MIN);
        let height = height.max(*column + 14.0);
        *column = height;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{}\">{engine}</text>",
            at + 6.0,
            height + 4.0,
            colour(engine)
        );
    }
    svg + "</svg>\n"
}

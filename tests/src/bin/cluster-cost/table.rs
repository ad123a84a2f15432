//! The costs as a table.

use crate::load::Cost;
use std::fmt::Write as _;

/// One line for each load and number of nodes.
#[derive(Default)]
pub(crate) struct Table {
    lines: Vec<String>,
}

impl Table {
    /// Adds the medians of some costs.
    pub(crate) fn add(&mut self, load: &str, nodes: usize, serving: usize, costs: &[Cost]) {
        let median = |figure: &dyn Fn(&Cost) -> f64| median(costs.iter().map(figure).collect());
        let per_million = |cpu: f64, cost: &Cost| cpu / cost.deliveries * 1e6;
        let per_message = |cpu: f64, cost: &Cost| cpu / cost.messages * 1e6;
        let serves = |cost: &Cost| cost.cpu.nodes[..serving].iter().sum::<f64>();
        let idle = |cost: &Cost| cost.cpu.nodes[serving..].iter().sum::<f64>();
        let mut line = format!(
            "| {load} | {nodes}{} | {:.2} | {:.0} | {:.0} | {:.0} | {:.1} | {:.1} |",
            if serving < nodes {
                format!(", {} without clients", nodes - serving)
            } else {
                String::new()
            },
            median(&|cost| per_million(serves(cost), cost)),
            median(&|cost| per_message(serves(cost), cost)),
            median(&|cost| per_message(cost.cpu.redis, cost)),
            median(&|cost| per_message(cost.cpu.postgres, cost)),
            median(&|cost| cost.delivery_p50_ms),
            median(&|cost| cost.delivery_p99_ms),
        );
        let idle = if serving < nodes {
            format!("{:.1}", median(&|cost| per_message(idle(cost), cost)))
        } else {
            "–".to_owned()
        };
        write!(line, " {idle} |").expect("a string takes all");
        eprintln!("{line}");
        self.lines.push(line);
    }

    /// All of it, in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let head = "| load | nodes | nodes, CPU s per million deliveries | nodes, µs a message | Redis, µs a message \
             | PostgreSQL, µs a message | delivery p50, ms | p99, ms | node without clients, µs a message |\n\
             |---|---|---|---|---|---|---|---|---|\n";
        head.to_owned() + &self.lines.join("\n") + "\n"
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

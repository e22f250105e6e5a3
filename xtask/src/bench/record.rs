//! What the compiler took in one build, per package.

use std::collections::{BTreeMap, BTreeSet};

/// Costs by package.
#[derive(Debug, Default)]
pub(super) struct Records(BTreeMap<String, Cost>);

#[derive(Debug, Default, Clone, Copy)]
struct Cost {
    cpu_microseconds: f64,
    peak_kib: f64,
}

impl Records {
    /// Reads what the wrapper wrote; a package that was compiled in parts counts once.
    pub(super) fn parse(log: &str) -> Self {
        let mut records = Self::default();
        for line in log.lines() {
            let mut fields = line.split('\t');
            let (Some(package), Some(cpu), Some(peak)) = (fields.next(), number(fields.next()), number(fields.next()))
            else {
                continue;
            };
            let cost = records.0.entry(package.to_owned()).or_default();
            cost.cpu_microseconds += cpu;
            cost.peak_kib = cost.peak_kib.max(peak);
        }
        records
    }

    /// CPU seconds of these packages.
    pub(super) fn cpu(&self, packages: &BTreeSet<String>) -> f64 {
        let costs = self.0.iter().filter(|(name, _)| packages.contains(*name));
        costs.map(|(_, cost)| cost.cpu_microseconds).sum::<f64>() / 1e6
    }

    /// Peak of the memory that the compiler of one package held, in GB.
    pub(super) fn peak_gigabytes(&self, package: &str) -> f64 {
        self.0.get(package).map_or(0.0, |cost| cost.peak_kib * 1024.0 / 1e9)
    }

    /// Number of packages that were compiled.
    pub(super) fn crates(&self) -> f64 {
        f64::from(u32::try_from(self.0.len()).unwrap_or(u32::MAX))
    }
}

fn number(field: Option<&str>) -> Option<f64> {
    field?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_package_add_up_and_the_largest_memory_counts() {
        let records = Records::parse("a\t1500000\t2000000\nb\t1\t1\na\t500000\t1000000\nbroken\n");
        assert!((records.cpu(&BTreeSet::from(["a".to_owned()])) - 2.0).abs() < 1e-9);
        assert!((records.peak_gigabytes("a") - 2.048).abs() < 1e-9);
        assert!((records.crates() - 2.0).abs() < 1e-9);
    }
}

//! Conditions to CEL, one clause each. Where the strict reading leaves something open for good (a location that nothing defines, an
//! extension attribute that may not be used), the clause says the worst case outright.

use std::collections::BTreeSet;

use super::super::filter::Property;
use super::super::location::{CountrySource, LocationSet, NamedLocation};
use super::super::policy::{AgentContext, DeviceFilter, FilterMode, Policy, PolicySet, Transfer};
use super::subjects::comparison;
use super::{either, list, text};

pub(super) fn of(policy: &Policy, set: &PolicySet) -> Vec<String> {
    let conditions = &policy.conditions;
    let mut clauses = Vec::new();
    let account = "subject.type in [\"user\", \"agent_user\"]";
    let agent = "(agent.id != null || subject.type == \"agent_user\")";
    let mut risk = |path: &str, least: Option<&str>, relevant: &str| {
        clauses.extend(least.map(|least| format!("{relevant} && {path} >= {}", text(least))));
    };
    risk("risk.user", conditions.user_risk.first().map(|l| l.name()), account);
    risk("risk.sign_in", conditions.sign_in_risk.first().map(|l| l.name()), account);
    risk("risk.insider", conditions.insider_risk.first().map(|l| l.name()), "subject.type == \"user\"");
    risk("risk.agent", conditions.agent_risk.first().map(|l| l.name()), agent);
    let service = format!("({agent} || subject.type == \"workload\")");
    risk("risk.service_principal", conditions.service_principal_risk.first().map(|l| l.name()), &service);

    if let Some(lane) = &conditions.platforms {
        let among = |names: &BTreeSet<super::super::policy::Platform>| {
            format!("device.platform in {}", list(names.iter().map(|p| p.name())))
        };
        clauses.extend((!lane.include.all).then(|| among(&lane.include.names)));
        clauses.extend((!lane.exclude.names.is_empty()).then(|| format!("!({})", among(&lane.exclude.names))));
        clauses.extend(lane.exclude.all.then(|| "false".to_owned()));
    }
    if let Some(lane) = &conditions.locations {
        clauses.push(within(&lane.include, set, true));
        clauses.extend((!lane.exclude.is_empty()).then(|| format!("!{}", within(&lane.exclude, set, false))));
    }
    if !conditions.client_apps.is_empty() {
        let apps = list(conditions.client_apps.iter().map(|app| app.name()));
        clauses.push(format!("client.app in {apps}"));
    }
    clauses.extend(conditions.device.as_ref().map(device));
    if !conditions.authentication_flows.is_empty() {
        let flows = list(conditions.authentication_flows.iter().map(|flow| flow.name()));
        clauses.push(format!("(authentication.flow in {flows} || session.flows.exists(it, it in {flows}))"));
    }
    if let Some(lane) = &conditions.agent_context {
        let runs_in = |contexts: &BTreeSet<AgentContext>| {
            let one = |context: &AgentContext| match context {
                AgentContext::AgentUserSessionsInitiatedFromEndpoints => {
                    Some("session.origin == \"endpoint\"".to_owned())
                }
            };
            either(contexts.iter().map(one))
        };
        clauses.push(agent.to_owned());
        clauses.extend(runs_in(&lane.include));
        clauses.extend(runs_in(&lane.exclude).map(|runs| format!("!{runs}")));
    }
    clauses
}

/// Whether the call comes from one of the places; `open` is what an undefined place counts as.
fn within(places: &LocationSet, set: &PolicySet, open: bool) -> String {
    if places.all {
        return "true".to_owned();
    }
    let one = |name: &String| Some(set.locations.get(name).map_or_else(|| open.to_string(), place));
    let marked = |location: &&NamedLocation| {
        places.all_trusted && matches!(location, NamedLocation::Ranges { trusted: true, .. })
    };
    let trusted = set.locations.values().filter(marked).map(|location| Some(place(location)));
    let compliant = places.compliant_network.then(|| "location.compliant_network".to_owned());
    either(places.names.iter().map(one).chain(trusted).chain([compliant])).unwrap_or_else(|| "false".to_owned())
}

fn place(location: &NamedLocation) -> String {
    match location {
        NamedLocation::Ranges { cidr, .. } => {
            let one = |range: &super::super::location::AddressRange| {
                Some(format!("cidr({}).containsIP(location.ip)", text(&range.to_string())))
            };
            either(cidr.iter().map(one)).unwrap_or_else(|| "false".to_owned())
        }
        NamedLocation::Countries { codes, include_unknown, by } => {
            let path = match by {
                CountrySource::Ip => "location.country",
                CountrySource::Gps => "location.gps_country",
            };
            let codes: Vec<String> = codes.iter().map(|code| code.to_ascii_uppercase()).collect();
            let known =
                format!("({path} != null && {path}.upperAscii() in {})", list(codes.iter().map(String::as_str)));
            if *include_unknown { format!("({path} == null || {known})") } else { known }
        }
    }
}

/// A device filter. A device-code flow carries no device, so the filter is then open, and the clause true.
fn device(filter: &DeviceFilter) -> String {
    let include = filter.mode == FilterMode::Include;
    let rule = filter.rule.write(include, &|compared, positive| {
        let plain = comparison(compared, "device.attributes");
        let extension = matches!(compared.property(), Property::Device(name) if name.starts_with("extensionAttribute"));
        let usable = "(device.managed || device.compliant || device.joined)";
        match (extension, positive) {
            (false, _) => plain,
            (true, true) => format!("(!{usable} || {plain})"),
            (true, false) => format!("({usable} && {plain})"),
        }
    });
    let applies = if include { rule } else { format!("!({rule})") };
    format!("(authentication.flow == {} || {applies})", text(Transfer::DeviceCodeFlow.name()))
}

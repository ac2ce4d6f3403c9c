//! Agent identities: the faithful reading of `placet::lifecycle`.
//!
//! A case tells what matters to it. Around it stands one blueprint `blueprint`, present in one tenant, with the agents that the case
//! names; whatever the case says of them is then done to them.

use std::collections::{BTreeMap, BTreeSet};

use placet::delegation::{LintWarning, lint_rule};
use placet::identity::Sponsor;
use placet::lifecycle::*;
use placet::name::{AgentId, BlueprintId, TenantId, UserId};
use placet::time::Timestamp;
use serde_json::{Value, json};

use crate::read::{at, flag, id, plain, reading, text, texts};

pub fn run(given: &Value, request: &Value) -> Result<Value, String> {
    if let Some(flow) = text(request, "flow") {
        return token(given, request, flow);
    }
    match text(request, "op").ok_or("neither `op` nor `flow`")? {
        "authorize_interactive" => {
            let result = if flow_is_supported(Grant::Authorize) { "supported" } else { "unsupported" };
            Ok(json!({ "result": result }))
        }
        "createAgentIdentity" => create(given, request),
        "addCredential" => add_credential(given, request),
        "editCredentials" => Ok(json!({ "result": word(relation_may(given, request, Operation::EditCredentials)?) })),
        "sponsorAction" => sponsor_action(given, request),
        "effectivePermissions" => effective(given),
        "isInherited" => {
            let consent = match text(given, "consentType") {
                Some("static") => Consent::Static,
                Some("dynamic") => Consent::Dynamic,
                other => return Err(format!("consent {other:?}")),
            };
            let declared = flag(given, "permissionInRequiredResourceAccess").unwrap_or(false);
            let outcome = consent_outcome(consent, declared, flag(given, "resourceInheritable").unwrap_or(false));
            Ok(json!({ "inherited": outcome.inherited, "visibleUpFront": outcome.visible_up_front }))
        }
        "grant" => {
            let permission = text(request, "permission").ok_or("no permission")?;
            let consents = flag(given, "adminConsents").unwrap_or(false);
            Ok(match grant(permission, None, consents, &HardBlocks::default()) {
                Ok(()) => json!({ "result": "accepted" }),
                Err(refusal) => json!({ "result": "rejected", "reason": refusal.code() }),
            })
        }
        "assignRole" => {
            let role = text(request, "role").ok_or("no role")?;
            let to_account = text(request, "principal").is_some_and(|principal| plain(principal) == "agentuser");
            Ok(match HardBlocks::default().assign_role(role, false, to_account) {
                Ok(()) => json!({ "result": "accepted" }),
                Err(refusal) => json!({ "result": "rejected", "reason": refusal.code() }),
            })
        }
        "restore" => restore(given, request),
        "discover" => discover(given, request),
        "confirmCompromised" => {
            let level = text(given, "agentRisk").unwrap_or("none");
            let level = RiskLevel::ALL.iter().find(|(name, _)| *name == level).map(|(_, level)| *level);
            let risk = AgentRisk { level: level.ok_or("no risk level")?, ..AgentRisk::default() }.confirm_compromised();
            Ok(json!({
                "riskLevel": risk.level.name(),
                "riskState": risk.state.name(),
                "riskDetail": risk.detail.name(),
                "detection": risk.detection.map(Detection::name),
            }))
        }
        "lintRule" => {
            let rule = text(given, "rule").or_else(|| text(request, "rule")).ok_or("no rule")?;
            Ok(json!({ "warning": lint_rule(rule).map(LintWarning::code) }))
        }
        other => Err(format!("unknown op `{other}`")),
    }
}

fn word(allowed: bool) -> &'static str {
    if allowed { "allowed" } else { "denied" }
}

struct World {
    fleet: Fleet,
    blueprint: BlueprintId,
    tenant: TenantId,
    now: Timestamp,
}

fn world() -> Result<World, String> {
    let mut settings = Settings::default();
    settings.reading = reading();
    let mut fleet = Fleet::new(settings);
    let (blueprint, tenant): (BlueprintId, TenantId) = (id("blueprint")?, id("tenant")?);
    add_blueprint(&mut fleet, &tenant, &blueprint)?;
    Ok(World { fleet, blueprint, tenant, now: at(0)? })
}

fn code(error: LifecycleError) -> String {
    error.code().to_owned()
}

fn add_blueprint(fleet: &mut Fleet, tenant: &TenantId, blueprint: &BlueprintId) -> Result<(), String> {
    let admin = Caller::Delegated { user: id("an administrator")?, administrator: true };
    let sponsors = vec![Sponsor::User(id("somebody")?)];
    let new = NewBlueprint { id: blueprint.clone(), owners: Vec::new(), sponsors };
    fleet.create_blueprint(&admin, new).map_err(code)?;
    fleet.add_principal(tenant.clone(), blueprint.clone()).map_err(code)
}

impl World {
    fn add_agent(&mut self, name: &str, sponsors: Vec<Sponsor>) -> Result<AgentId, String> {
        let agent: AgentId = id(name)?;
        if self.fleet.agent(&agent).is_some() {
            return Ok(agent);
        }
        let new = NewAgentIdentity {
            id: agent.clone(),
            tenant: self.tenant.clone(),
            blueprint: self.blueprint.clone(),
            owners: Vec::new(),
            sponsors,
        };
        let caller = Caller::Blueprint { id: self.blueprint.clone(), may_create_all: false };
        self.fleet.create_agent(&caller, new).map_err(code)?;
        Ok(agent)
    }

    /// What the case says of the blueprint, its principal and the agents.
    fn apply(&mut self, given: &Value, agent: Option<&AgentId>) -> Result<(), String> {
        let principal = ObjectRef::Principal(self.tenant.clone(), self.blueprint.clone());
        let enabled = |name: &str| given.get(name).and_then(|object| flag(object, "enabled"));
        if enabled("blueprint") == Some(false) {
            self.fleet.disable(&ObjectRef::Blueprint(self.blueprint.clone())).map_err(code)?;
        }
        if let (Some(false), Some(agent)) = (enabled("agent"), agent) {
            self.fleet.disable(&ObjectRef::Agent(agent.clone())).map_err(code)?;
        }
        match text(given, "blueprintPrincipal").map(plain).as_deref() {
            None | Some("enabled" | "present" | "active" | "exists") => {}
            Some("disabled") => self.fleet.disable(&principal).map_err(code)?,
            Some("softdeleted") => self.fleet.soft_delete(&principal, self.now).map_err(code)?,
            // Permanently deleted, or never there.
            Some(_) => {
                self.fleet.soft_delete(&principal, self.now).map_err(code)?;
                self.fleet.purge(&principal).map_err(code)?;
            }
        }
        if flag(given, "cascadeRan") == Some(true) {
            self.fleet.run_cascade(self.now);
        }
        Ok(())
    }
}

/// `T1(aud=blueprint,fmi_path=agent)`: name and members.
fn assertion(value: &str) -> (&str, BTreeMap<&str, &str>) {
    let (name, members) = value.split_once('(').unwrap_or((value, ""));
    let members = members.trim_end_matches(')').split(',').filter_map(|member| member.split_once('='));
    (name, members.map(|(name, value)| (name.trim(), value.trim())).collect())
}

fn token(given: &Value, request: &Value, flow: &str) -> Result<Value, String> {
    let mut world = world()?;
    let sponsors = || Ok::<_, String>(vec![Sponsor::User(id("somebody")?)]);
    let name = text(request, "client_id").or_else(|| text(request, "agent")).or_else(|| text(given, "agent"));
    let client = world.add_agent(name.unwrap_or("agent"), sponsors()?)?;
    let account: UserId = id(text(request, "username").unwrap_or("agentUser"))?;
    if let Some(parent) = given.get("agentUser").and_then(|account| text(account, "parent")) {
        let parent = world.add_agent(parent, sponsors()?)?;
        world.fleet.create_agent_user(account.clone(), parent, None).map_err(code)?;
    }
    world.apply(given, Some(&client))?;

    let shown = text(request, "clientAssertion").map(assertion);
    let shown_as = |name: &str, member: &str| {
        let (of, members) = shown.as_ref()?;
        if *of == name { members.get(member).copied() } else { None }
    };
    let told = |name: &str, member: &str| given.get(name).and_then(|token| text(token, member));
    let either = |name: &'static str, member: &'static str| told(name, member).or_else(|| shown_as(name, member));
    let t1 = T1 {
        audience: either("T1", "aud").unwrap_or("blueprint"),
        fmi_path: either("T1", "fmi_path").unwrap_or(client.as_str()),
    };
    let flow = match flow {
        "client_credentials" => Flow::OwnIdentity { client: &client, t1 },
        "obo" => {
            let audience = either("Tc", "aud").unwrap_or("blueprint");
            Flow::OnBehalfOf {
                client: &client,
                t1,
                user: UserToken { audience, user: either("Tc", "oid").unwrap_or("user") },
            }
        }
        "user_fic" => {
            let t2 = T2 { audience: either("T2", "aud").unwrap_or(client.as_str()), client: client.as_str() };
            Flow::AsAgentUser { client: &client, t1, t2, account: &account }
        }
        other => return Err(format!("unknown flow `{other}`")),
    };
    Ok(match issue(&world.fleet, &flow, world.now) {
        Ok(claims) => json!({
            "token": "issued",
            "claims": {
                "idtyp": claims.idtyp,
                "oid": claims.oid,
                "azp": claims.azp,
                "xms_act_fct": claims.xms_act_fct,
                "xms_sub_fct": claims.xms_sub_fct,
                "xms_par_app_azp": claims.xms_par_app_azp,
            },
        }),
        Err(error) => json!({ "token": "denied", "reason": error.code() }),
    })
}

fn create(given: &Value, request: &Value) -> Result<Value, String> {
    let mut world = world()?;
    let mut owners = Vec::new();
    let caller = match given.get("caller") {
        Some(caller @ Value::Object(_)) => {
            let name = text(caller, "id").unwrap_or("caller");
            match plain(text(caller, "type").unwrap_or_default()).as_str() {
                "blueprint" => {
                    let own: BlueprintId = id(name)?;
                    if own != world.blueprint {
                        add_blueprint(&mut world.fleet, &world.tenant, &own)?;
                    }
                    Caller::Blueprint { id: own, may_create_all: false }
                }
                "agentidentity" | "agent" => Caller::Agent(id(name)?),
                "application" | "app" | "serviceprincipal" => Caller::Application { may_create_all: true },
                "user" => Caller::Delegated { user: id(name)?, administrator: true },
                other => return Err(format!("caller `{other}`")),
            }
        }
        caller => {
            let user: UserId = id(caller.and_then(Value::as_str).unwrap_or("caller"))?;
            match text(given, "callerContext").map(plain).as_deref() {
                None | Some("delegated") => {
                    // Without a role the user must own the blueprint: sponsors and managers create nothing.
                    let role = plain(text(given, "callerRole").unwrap_or("none"));
                    if matches!(role.as_str(), "none" | "owner") {
                        owners.push(Owner::User(user.clone()));
                    }
                    let administrator = !matches!(role.as_str(), "none" | "owner" | "sponsor" | "manager");
                    Caller::Delegated { user, administrator }
                }
                Some("apponly" | "application") => Caller::Application { may_create_all: true },
                Some(other) => return Err(format!("caller context `{other}`")),
            }
        }
    };
    if !owners.is_empty() {
        world.blueprint = id("an owned blueprint")?;
        let admin = Caller::Application { may_create_all: true };
        let sponsors = vec![Sponsor::User(id("somebody")?)];
        let new = NewBlueprint { id: world.blueprint.clone(), owners, sponsors };
        world.fleet.create_blueprint(&admin, new).map_err(code)?;
        world.fleet.add_principal(world.tenant.clone(), world.blueprint.clone()).map_err(code)?;
    }
    world.apply(given, None)?;
    let blueprint = match (text(request, "agentIdentityBlueprintId"), &caller) {
        (Some(named), _) if named != "blueprint" => id(named)?,
        (_, Caller::Blueprint { id, .. }) => id.clone(),
        _ => world.blueprint.clone(),
    };
    let sponsors = texts(given, "sponsors").into_iter().map(|user| Ok(Sponsor::User(id(user)?)));
    let new = NewAgentIdentity {
        id: id("a new agent")?,
        tenant: world.tenant.clone(),
        blueprint,
        owners: Vec::new(),
        sponsors: sponsors.collect::<Result<_, String>>()?,
    };
    let name = |sponsor: &Sponsor| match sponsor {
        Sponsor::User(user) => user.to_string(),
        Sponsor::Group(group) => group.to_string(),
    };
    Ok(match world.fleet.create_agent(&caller, new) {
        Ok(sponsors) => json!({ "result": "created", "sponsors": sponsors.iter().map(name).collect::<Vec<_>>() }),
        Err(error) => json!({ "result": "rejected", "error": error.code() }),
    })
}

fn add_credential(given: &Value, request: &Value) -> Result<Value, String> {
    let world = world()?;
    let target = text(request, "target").or_else(|| text(given, "target")).unwrap_or("agent identity");
    let target = match plain(target).as_str() {
        "blueprint" | "agentidentityblueprint" => ObjectRef::Blueprint(world.blueprint.clone()),
        "blueprintprincipal" => ObjectRef::Principal(world.tenant.clone(), world.blueprint.clone()),
        "agentuser" => ObjectRef::AgentUser(id("agentUser")?),
        _ => ObjectRef::Agent(id("agent")?),
    };
    Ok(match world.fleet.add_credential(&target) {
        Ok(()) => json!({ "result": "allowed" }),
        Err(error) => json!({ "error": error.code() }),
    })
}

fn relation_may(given: &Value, request: &Value, operation: Operation) -> Result<bool, String> {
    let by = text(given, "by").or_else(|| text(request, "by")).ok_or("nobody asks")?;
    let relation = match by {
        "owner" => Relation::Owner,
        "sponsor" => Relation::Sponsor,
        "manager" => Relation::Manager,
        other => return Err(format!("relation `{other}`")),
    };
    Ok(may(relation, operation, SponsorRights::default()))
}

/// What sponsors may do at all (here: disable), done by somebody who may be one through a group.
fn sponsor_action(given: &Value, request: &Value) -> Result<Value, String> {
    let Some(group) = given.get("sponsorGroup") else {
        return Ok(json!({ "result": word(relation_may(given, request, Operation::Disable)?) }));
    };
    let mut world = world()?;
    let agent = world.add_agent("agent", vec![Sponsor::Group(id("sponsors")?)])?;
    let direct: BTreeSet<&str> = texts(group, "direct").into_iter().collect();
    let user: UserId = id(text(request, "by").or_else(|| text(given, "by")).ok_or("nobody asks")?)?;
    let is_member = |user: &UserId, _: &placet::name::GroupId| direct.contains(user.as_str());
    let result = world.fleet.authorise(&user, Operation::Disable, &ObjectRef::Agent(agent), is_member);
    Ok(json!({ "result": word(result.is_ok()) }))
}

fn effective(given: &Value) -> Result<Value, String> {
    let mut inheritable = BTreeMap::new();
    for (resource, patterns) in given.get("inheritable").and_then(Value::as_object).into_iter().flatten() {
        let pattern = |kind: &str| match patterns.get(kind) {
            None | Some(Value::Null) => Ok(InheritancePattern::None),
            Some(Value::String(pattern)) if pattern == "none" => Ok(InheritancePattern::None),
            Some(Value::String(pattern)) if pattern == "allAllowed" => Ok(InheritancePattern::AllAllowed),
            Some(Value::Array(_)) => {
                Ok(InheritancePattern::Enumerated(texts(patterns, kind).into_iter().map(str::to_owned).collect()))
            }
            Some(other) => Err(format!("pattern {other}")),
        };
        inheritable.insert(resource.clone(), Inheritable { scopes: pattern("scopes")?, roles: pattern("roles")? });
    }
    let permissions = |member: &str| {
        let resources = given.get(member).and_then(Value::as_object).into_iter().flatten();
        let set = |value: &Value, kind| texts(value, kind).into_iter().map(str::to_owned).collect();
        let one = |(resource, value): (&String, &Value)| {
            (resource.clone(), Permissions { scopes: set(value, "scopes"), roles: set(value, "roles") })
        };
        resources.map(one).collect::<BTreeMap<_, _>>()
    };
    let (direct, principal) = (permissions("direct"), permissions("consentOnBlueprintPrincipal"));
    let blocks = HardBlocks::default();
    let all = effective_permissions(&direct, &id("blueprint")?, &inheritable, &principal, &blocks);
    let of = |kind| {
        let names: BTreeSet<&str> = all.iter().filter(|p| p.kind == kind).map(|p| p.name.as_str()).collect();
        names.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    Ok(json!({ "scp": of(PermissionKind::Scope), "roles": of(PermissionKind::Role) }))
}

fn restore(given: &Value, request: &Value) -> Result<Value, String> {
    let mut world = world()?;
    let agent = world.add_agent("agent", vec![Sponsor::User(id("somebody")?)])?;
    world.apply(given, Some(&agent))?;
    let target = match plain(text(request, "target").unwrap_or("blueprintPrincipal")).as_str() {
        "blueprintprincipal" => ObjectRef::Principal(world.tenant.clone(), world.blueprint.clone()),
        "blueprint" => ObjectRef::Blueprint(world.blueprint.clone()),
        _ => ObjectRef::Agent(agent),
    };
    Ok(match world.fleet.restore(&target, world.now) {
        Ok(Children::Untouched) => json!({ "result": "restored", "children": "untouched" }),
        Ok(Children::SoftDeleted(_)) => json!({ "result": "restored", "children": "softDeleted" }),
        Err(error) => json!({ "result": "rejected", "error": error.code() }),
    })
}

fn discover(given: &Value, request: &Value) -> Result<Value, String> {
    let mut registry = Collections::default();
    for (name, agent) in given.as_object().into_iter().flatten().filter(|(_, agent)| agent.is_object()) {
        let identity = match flag(agent, "hasIdentity") {
            Some(false) => None,
            Some(true) | None => Some(id(name)?),
        };
        let registration = Registration { managed_by: Some("a platform".into()), identity, ..Registration::default() };
        registry.register(name.as_str(), registration).map_err(|error| error.to_string())?;
        if let Some(collection) = text(agent, "collection") {
            registry.join(name, CollectionId::of(collection)).map_err(|error| error.to_string())?;
        }
    }
    let by = text(request, "by").ok_or("nobody searches")?;
    Ok(json!({ "found": registry.discover(by).into_iter().collect::<Vec<_>>() }))
}

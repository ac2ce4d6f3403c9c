//! Which labels are there, and in which order?

use std::collections::BTreeMap;

use super::Check;
use crate::diagnostic::Span;
use crate::diagnostic::quote;
use crate::document::schema::{Place, Spanned, Text};
use crate::label::{Label, Taxonomy};

/// Names and orders that are taken, and by whom.
#[derive(Default)]
struct Taken<'a> {
    names: BTreeMap<&'a str, Span>,
    compartments: BTreeMap<&'a str, Span>,
}

impl<'a> Check<'a> {
    pub(super) fn taxonomy(&self) -> Taxonomy {
        let mut taken = Taken::default();
        let mut orders = BTreeMap::new();
        let mut builder = Taxonomy::builder();
        let mut count = 0usize;
        for item in self.documents.iter().flat_map(|d| &d.labels) {
            count += 1 + item.sublabels.len();
            if count > self.limits.labels {
                let limit = self.limits.labels;
                self.error("document.too_large", item.place, &format!("there are more than {limit} labels"), || {
                    "remove some, or raise `labels` in the limits".to_owned()
                });
                break;
            }
            self.label_name(&item.id, item.place, "a label", &mut taken);
            let order = self.order(item.order.as_ref(), &item.id, item.place, "a label", &mut orders);
            let names = self.compartments(&item.compartments, &mut taken);
            builder = builder.label(&item.id.value, order.unwrap_or_default(), 0, &names);
            // The label itself is 0 among its sublabels, which rank above it.
            let mut suborders = BTreeMap::new();
            for sub in &item.sublabels {
                self.label_name(&sub.id, sub.place, "a sublabel", &mut taken);
                let suborder = self.order(sub.order.as_ref(), &sub.id, sub.place, "a sublabel", &mut suborders);
                if let Some(below) = sub.order.as_ref().filter(|order| order.value < 1) {
                    let message = format!("the order `{}` of a sublabel is less than 1", below.value);
                    self.error("document.label_order", Place(below.span), &message, || {
                        "write 1 or more: sublabels rank above their label, which is 0 among them".to_owned()
                    });
                }
                let names = self.compartments(&sub.compartments, &mut taken);
                builder = builder.label(&sub.id.value, order.unwrap_or_default(), suborder.unwrap_or(1), &names);
            }
        }
        if taken.compartments.len() > self.limits.compartments.min(128) {
            let most = self.limits.compartments.min(128);
            let message = format!("there are {} compartments, more than {most}", taken.compartments.len());
            // The last in the order of the documents, which is where the author went too far.
            let span =
                self.documents.iter().flat_map(|d| &d.labels).flat_map(|l| &l.compartments).map(|c| c.span).max();
            self.error("document.too_large", Place(span.unwrap_or_default()), &message, || {
                "use fewer compartments".to_owned()
            });
        }
        builder.build()
    }

    fn label_name(&self, id: &'a Text, place: Place, owner: &str, taken: &mut Taken<'a>) {
        if !self.written(id, place, owner, "id") || !self.is_name(id) {
            return;
        }
        // `describe` joins label and compartments by `+`, and calls the label above all others `top`.
        if id.value == "top" || id.value == "none" || id.value.contains('+') {
            self.error_about("document.bad_id", id, "is no name for a label", || {
                "choose a name without `+` that is neither `top` nor `none`: these have a meaning of their own"
                    .to_owned()
            });
        }
        self.unique(&mut taken.names, id.value.as_str(), id.span, || format!("the label {}", quote(&id.value)));
    }

    fn order(
        &self,
        order: Option<&'a Spanned<i64>>,
        id: &'a Text,
        place: Place,
        owner: &str,
        orders: &mut BTreeMap<i64, &'a Text>,
    ) -> Option<i64> {
        let order = self.required(order, place, owner, "order")?;
        match orders.insert(order.value, id) {
            // The same label twice is reported as that.
            Some(other) if other.value != id.value => {
                let message = format!(
                    "the labels {} and {} have the same order, `{}`",
                    quote(&other.value),
                    quote(&id.value),
                    order.value
                );
                self.error("document.label_order", Place(order.span), &message, || {
                    "give each its own place: the larger order is the more sensitive label".to_owned()
                });
            }
            Some(_) | None => {}
        }
        Some(order.value)
    }

    fn compartments(&self, texts: &'a [Text], taken: &mut Taken<'a>) -> Vec<&'a str> {
        for text in texts {
            if self.is_name(text) && text.value.contains('+') {
                self.error_about("document.bad_id", text, "is no name for a compartment", || {
                    "choose a name without `+`".to_owned()
                });
            }
            taken.compartments.entry(&text.value).or_insert(text.span);
        }
        texts.iter().map(|text| text.value.as_str()).collect()
    }

    /// The label that a text names.
    pub(super) fn label(&self, text: &Text, taxonomy: &Taxonomy) -> Option<Label> {
        let label = taxonomy.get(&text.value);
        if label.is_none() {
            self.dangling(text, "label", taxonomy.names());
        }
        label
    }
}

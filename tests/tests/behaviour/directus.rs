//! Directus' client over the kept state of a mock: what is written is what is found, by everything that a query can say.

use std::collections::BTreeMap;

use integrator_core::{Credential, ErrorKind, Value, json};
use integrator_directus::Client;
use integrator_directus::collection::{Collection, Filter, Related};
use integrator_mock::Mock;
use serde::{Deserialize, Serialize};

/// An item of the user's own; a field that was not asked for is none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Article {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    title: String,
    status: String,
    words: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<Related<u64, Author>>,
    comments: Vec<Comment>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Author {
    name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Comment {
    by: String,
    stars: u64,
}

impl Default for Comment {
    fn default() -> Self {
        Self {
            by: "nobody".to_owned(),
            stars: 0,
        }
    }
}

async fn directus() -> (Mock, Client) {
    let mock = Mock::builder(integrator_directus::PROVIDER)
        .stateful()
        .start()
        .await
        .unwrap();
    let client = client(&mock);
    (mock, client)
}

fn client(mock: &Mock) -> Client {
    let builder = Client::builder()
        .base_url(mock.url())
        .credential(Credential::bearer("token"));
    builder.seed(7).build().unwrap()
}

/// `count` articles: every third is a draft, each has ten words more than the one before.
async fn articles(count: u64) -> (Mock, Collection<Article>) {
    let (mock, client) = directus().await;
    let articles = client.collection::<Article>("articles");
    let new: Vec<Article> = (1..=count).map(article).collect();
    let made = articles.create_many(&new).send().await.unwrap();
    assert_eq!(ids(&made), (1..=count).collect::<Vec<_>>());
    (mock, articles)
}

fn article(number: u64) -> Article {
    let comment = |by: &str, stars| Comment {
        by: by.to_owned(),
        stars,
    };
    let name = if number.is_multiple_of(2) { "Ada" } else { "Grace" };
    Article {
        id: None,
        title: format!("No. {number}"),
        status: if number.is_multiple_of(3) { "draft" } else { "published" }.to_owned(),
        words: number * 10,
        author: Some(Related::Item(Box::new(Author { name: name.to_owned() }))),
        comments: vec![comment("x", 2), comment("y", 5), comment("z", number % 6)],
    }
}

fn ids(articles: &[Article]) -> Vec<u64> {
    articles.iter().filter_map(|article| article.id).collect()
}

#[tokio::test]
async fn an_item_is_created_retrieved_listed_changed_and_deleted() {
    let (mock, client) = directus().await;
    let articles = client.collection::<Article>("articles");
    let made = articles.create(&article(2)).send().await.unwrap().into_inner();
    let key = made.id.unwrap();
    assert_eq!(
        Article {
            id: None,
            ..made.clone()
        },
        article(2)
    );
    assert_eq!(*articles.retrieve(key).send().await.unwrap(), made);
    assert_eq!(*articles.list().send().await.unwrap(), std::slice::from_ref(&made));

    let changed = articles
        .update(key, &json!({"title": "New"}))
        .fields(["id", "title"])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (changed.id, changed.title.as_str(), changed.words),
        (Some(key), "New", 0),
        "only what was asked for"
    );
    let found = articles
        .retrieve(key)
        .fields(["*", "author.name"])
        .send()
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        found,
        Article {
            title: "New".to_owned(),
            ..made
        }
    );
    assert_eq!(
        found.author.unwrap().item().map(|author| author.name.as_str()),
        Some("Ada")
    );

    articles.delete(key).send().await.unwrap();
    let error = articles.retrieve(key).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(
        articles.update(key, &json!({})).send().await.unwrap_err().kind(),
        ErrorKind::Forbidden
    );
    assert!(articles.list().send().await.unwrap().is_empty());
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn many_items_are_created_changed_and_deleted_at_once() {
    let (mock, articles) = articles(6).await;
    let archived = json!({"status": "archived"});
    let changed = articles.update_many([1, 2], &archived).send().await.unwrap();
    assert_eq!(ids(&changed), [1, 2]);
    let long = || Filter::field("words").gt(40);
    assert_eq!(
        ids(&articles.update_matching(long(), &archived).send().await.unwrap()),
        [5, 6]
    );
    let left = articles
        .list()
        .filter(Filter::field("status").neq("archived"))
        .send()
        .await
        .unwrap();
    assert_eq!(ids(&left), [3, 4]);
    articles.delete_many([3, 4]).send().await.unwrap();
    articles.delete_matching(long()).send().await.unwrap();
    assert_eq!(ids(&articles.list().send().await.unwrap()), [1, 2]);
    assert_eq!(
        articles.delete_many([1, 9]).send().await.unwrap_err().kind(),
        ErrorKind::Forbidden
    );
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn lists_are_filtered_by_the_builder_and_by_json_alike() {
    let (mock, articles) = articles(12).await;
    let field = Filter::field;
    for (filter, rule, expected) in [
        (
            field("status").eq("draft"),
            json!({"status": {"_eq": "draft"}}),
            vec![3, 6, 9, 12],
        ),
        (
            field("words").between(20, 40),
            json!({"words": {"_between": [20, 40]}}),
            vec![2, 3, 4],
        ),
        (field("id").is_in([1, 5]), json!({"id": {"_in": [1, 5]}}), vec![1, 5]),
        (
            field("title").ends_with(" 7"),
            json!({"title": {"_ends_with": " 7"}}),
            vec![7],
        ),
        (
            field("title").regex("^No\\. [2-4]$"),
            json!({"title": {"_regex": "^No\\. [2-4]$"}}),
            vec![2, 3, 4],
        ),
        (
            field("author.name").eq("Ada").and(field("words").gt(90)),
            json!({"_and": [{"author": {"name": {"_eq": "Ada"}}}, {"words": {"_gt": 90}}]}),
            vec![10, 12],
        ),
        (
            field("words").lt(20).or(field("words").gte(120)),
            json!({"_or": [{"words": {"_lt": 20}}, {"words": {"_gte": 120}}]}),
            vec![1, 12],
        ),
        (
            field("comments").none(field("stars").lt(2)),
            json!({"comments": {"_none": {"stars": {"_lt": 2}}}}),
            vec![2, 3, 4, 5, 8, 9, 10, 11],
        ),
        (
            field("count(comments)").eq(2),
            json!({"count(comments)": {"_eq": 2}}),
            vec![],
        ),
    ] {
        let built = articles.list().filter(filter).send().await.unwrap();
        assert_eq!(ids(&built), expected, "{rule}");
        let told = articles.list().filter(rule.clone()).send().await.unwrap();
        assert_eq!(ids(&told), expected, "{rule}");
    }
    assert_eq!(ids(&articles.list().search("no. 11").send().await.unwrap()), [11]);
    let place = json!({"type": "Point", "coordinates": [0, 0]});
    let error = articles
        .list()
        .filter(field("place").intersects(place))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(error.message().unwrap().contains("`_intersects`"), "{error}");
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn lists_are_ordered_counted_and_paged() {
    let (mock, articles) = articles(250).await;
    let drafts = || articles.list().filter(Filter::field("status").eq("draft"));
    let counted = drafts()
        .sort(["-words"])
        .limit(2)
        .offset(1)
        .send_counted()
        .await
        .unwrap()
        .into_inner();
    assert_eq!(ids(&counted.items), [246, 243]);
    assert_eq!((counted.counts.total, counted.counts.filter), (Some(250), Some(83)));
    let by_author = articles
        .list()
        .sort(["author.name", "-id"])
        .limit(3)
        .send()
        .await
        .unwrap();
    assert_eq!(ids(&by_author), [250, 248, 246]);

    let before = mock.received().len();
    let found = articles
        .list()
        .sort(["id"])
        .fields(["id"])
        .limit(100)
        .items()
        .collect_all(1_000)
        .await
        .unwrap();
    assert_eq!(found.len(), 250);
    assert_eq!(mock.received().len() - before, 3, "a short page is the last");
    let some: Vec<u64> = (1..=250).filter(|id: &u64| id.is_multiple_of(2)).collect();
    // Too long for a URL, so that each page is a search.
    let padding = (10_000..11_500).chain(some.iter().copied());
    let list = articles
        .list()
        .filter(Filter::field("id").is_in(padding))
        .sort(["id"])
        .limit(100);
    let found = list.items().collect_all(1_000).await.unwrap();
    assert_eq!(found.iter().filter_map(|article| article.id).collect::<Vec<_>>(), some);
    assert_eq!(mock.received().last().unwrap().method, "SEARCH");
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn lists_within_items_are_chosen_and_fields_have_other_names() {
    let (mock, articles) = articles(3).await;
    let best = json!({"comments": {"_filter": {"stars": {"_gte": 2}}, "_sort": ["-stars"], "_limit": 1}});
    let found = articles
        .list()
        .deep(best.clone())
        .fields(["id", "comments.stars"])
        .send()
        .await
        .unwrap();
    let stars: Vec<Vec<u64>> = found
        .iter()
        .map(|article| article.comments.iter().map(|comment| comment.stars).collect())
        .collect();
    assert_eq!(stars, [[5], [5], [5]]);
    assert_eq!(found[0].comments[0].by, "nobody", "who wrote it was not asked for");
    let one = articles.retrieve(1).deep(best).send().await.unwrap();
    assert_eq!((one.comments.len(), one.comments[0].by.as_str()), (1, "y"));

    #[derive(Debug, PartialEq, Deserialize)]
    struct Headline {
        headline: String,
        best: Vec<Comment>,
        comments: Vec<Comment>,
    }
    let headlines = client(&mock).collection::<Headline>("articles");
    let list = headlines.list().alias([("headline", "title"), ("best", "comments")]);
    let list = list.deep(json!({"best": {"_sort": "-stars", "_limit": 1}}));
    let found = list
        .fields(["headline", "best.*", "comments.*"])
        .limit(1)
        .send()
        .await
        .unwrap();
    assert_eq!(
        (found[0].headline.as_str(), found[0].best.len(), found[0].comments.len()),
        ("No. 1", 1, 3)
    );
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn figures_are_told_in_all_and_in_groups() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Row {
        status: Option<String>,
        count: BTreeMap<String, u64>,
        #[serde(rename = "countDistinct")]
        distinct: BTreeMap<String, u64>,
        sum: BTreeMap<String, f64>,
        avg: BTreeMap<String, f64>,
        min: BTreeMap<String, Value>,
        max: BTreeMap<String, Value>,
    }
    let (mock, articles) = articles(6).await;
    let figures = || {
        let figures = articles
            .aggregate::<Row>()
            .count("id")
            .count_distinct("status")
            .sum("words")
            .avg("words");
        figures.min("words").max("title")
    };
    let all = figures().send().await.unwrap();
    assert_eq!((all.len(), &all[0].status), (1, &None));
    assert_eq!((all[0].count["id"], all[0].distinct["status"]), (6, 2));
    assert_eq!((all[0].sum["words"], all[0].avg["words"]), (210.0, 35.0));
    assert_eq!(
        (&all[0].min["words"], &all[0].max["title"]),
        (&json!(10), &json!("No. 6"))
    );

    let groups = figures()
        .group_by(["status"])
        .filter(Filter::field("words").gt(10))
        .sort(["-sum.words"]);
    let groups = groups.send().await.unwrap();
    let told: Vec<(Option<&str>, u64, f64)> = groups
        .iter()
        .map(|row| (row.status.as_deref(), row.count["id"], row.sum["words"]))
        .collect();
    assert_eq!(told, [(Some("published"), 3, 110.0), (Some("draft"), 2, 90.0)]);
    let first = figures().group_by(["status"]).limit(1).send().await.unwrap();
    assert_eq!(first[0].status.as_deref(), Some("published"));

    let counted = articles
        .aggregate::<Value>()
        .count("*")
        .search("no. 1")
        .send()
        .await
        .unwrap();
    assert_eq!(counted.into_inner(), [json!({"count": 1})]);
    let error = articles.aggregate::<Value>().sum("title").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn a_singleton_is_read_and_changed_as_the_object_that_it_is() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Settings {
        name: Option<String>,
        open: bool,
    }
    let (mock, client) = directus().await;
    assert!(mock.store_single("/items/settings", &json!({"name": "Shop", "open": true})));
    let settings = client.collection::<Settings>("settings");
    let name = Some("Shop".to_owned());
    assert_eq!(
        *settings.singleton().send().await.unwrap(),
        Settings {
            name: name.clone(),
            open: true
        }
    );
    let changed = settings
        .update_singleton(&json!({"open": false}))
        .fields(["open"])
        .send()
        .await
        .unwrap();
    assert_eq!(
        *changed,
        Settings {
            name: None,
            open: false
        }
    );
    assert_eq!(
        *settings.singleton().send().await.unwrap(),
        Settings { name, open: false }
    );
    assert_eq!(
        settings.create(&json!({})).send().await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    let lines: Vec<String> = mock
        .received()
        .iter()
        .map(|received| format!("{} {}", received.method, received.path()))
        .collect();
    assert_eq!(lines[..2], ["GET /items/settings", "PATCH /items/settings"]);
    assert_eq!(mock.violations(), [""; 0]);
}

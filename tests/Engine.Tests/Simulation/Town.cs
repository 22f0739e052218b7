using System.Text;
using System.Text.Json;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Tests.TestKit;
using Tributary.Engine.Workspace;
using Tributary.Model;

namespace Tributary.Engine.Tests.Simulation;

/// <summary>
/// Some fifteen people who use a website and write to a help desk: on several devices, some of them shared, sometimes under each other's names. Makes the
/// records that the door would write for what they do.
/// </summary>
/// <param name="random">The seed's.</param>
/// <param name="ids">Profile ids that a person at the console may have seen, live and retired.</param>
internal sealed class Town(Random random, Func<IReadOnlyList<ProfileId>> ids)
{
    public const uint Website = 1;
    public const uint HelpDesk = 2;

    /// <summary>The source of what audiences and traits say.</summary>
    public const uint Engage = 3;
    public const string PoisonPrefix = "poison-";
    private const int People = 15;
    private static readonly EventType[] Types = [EventType.Identify, EventType.Track, EventType.Page, EventType.Screen, EventType.Group, EventType.Alias];
    private readonly List<(uint Source, string Id, EventType Type, string Payload, long Timestamp)> _sent = [];
    private int _messages;
    private int _commands;
    private long _revision;
    private bool _helpDeskIsOpen = true;
    private readonly bool[] _gone = new bool[Definitions.Length];
    private readonly int[] _versions = new int[Definitions.Length];

    // Short windows, so that the town's clock takes people in and out again; each reads what the town's people send.
    private static readonly (string Kind, string Type, string[] Queries)[] Definitions =
    [
        (Computation.Audience, "USERS", ["event('Seen').within(2 hours).count() >= 2", "event('Seen').within(1 days).count() >= 1"]),
        (Computation.Audience, "USERS", ["NOT trait('plan') = 'pro'", "trait('plan').absent()"]),
        (Computation.Trait, "USERS", ["event('Seen').sum(property('worth'))", "event('Page Viewed').count()"]),
        (Computation.Audience, "USERS", ["trait('c3') >= 3 AND trait('c1') = true", "trait('c1') = true OR trait('c5') = true"]),
        (Computation.Audience, "ACCOUNTS", ["ANY event('Seen').count() >= 3", "ALL NOT event('Seen').within(1 days).count() >= 1"]),
        (Computation.Trait, "USERS", ["event('Seen').expires_after(30 minutes).unique(property('worth'))", "event('Seen').where(event('Page Viewed').within(parent: 1 hours).count() >= 1).count()"]),
    ];

    /// <summary>The machine's time, milliseconds since 1970; messages are stamped with it, ticks carry it.</summary>
    public long Now { get; private set; } = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    /// <summary>Writes the first revision: a space, its sources, a destination, and some audiences and traits; the others come later.</summary>
    public void Found(LogRecords records) => AddRevision(
        records,
        [
            SpaceWith(IdentitySettings.Default), SourceOf(Website, "website"), SourceOf(HelpDesk, "helpdesk"),
            SourceOf(Engage, "engage") with { Body = River.Body(new Source { Id = "engage", Number = Engage, Slug = "engage", Name = "Engage", MetadataId = SourceCatalog.Engage, SpaceId = "spa_default", WriteKeys = ["wk-engage"] }) },
            new ResourceChange("destination", "mail", River.Body(new Destination { Id = "mail", Number = 1, Name = "Mail", MetadataId = "webhook", SourceId = "engage" })),
            .. Enumerable.Range(0, random.Next(Definitions.Length + 1)).Select(Define),
        ]);

    /// <summary>The key of a computation by its number.</summary>
    public static string KeyOf(uint number) => $"c{number}";

    /// <summary>Writes one record.</summary>
    public void Act(LogRecords records)
    {
        // What a gatherer would do that knows nothing of where the passes are: most of its steps come at a wrong time and change nothing.
        if (random.Next(12) == 0)
        {
            var writer = new ByteWriter();
            var known = ids();
            var after = random.Next(6) switch { 0 => GatheredRecord.Onwards, 1 or 2 when known.Count > 0 => known[random.Next(known.Count)].ToString(), _ => "" };
            new GatheredRecord { Space = 1, After = after }.Write(writer);
            ReceivedRecord.AddGathered(records, Now, writer.Written);
        }

        switch (random.Next(100))
        {
            case < 4:
                // Now and then the machine's clock steps back or leaps days ahead.
                Now += random.Next(10) switch { 0 => -3_600_000L * random.Next(48), 1 => 3_600_000L * random.Next(200), _ => random.Next(10_000) };
                ReceivedRecord.AddTick(records, Now);
                break;
            case < 7:
                AddCommand(records);
                break;
            case < 9:
                ChangeWorkspace(records);
                break;
            case < 12:
                var discarded = random.Next(3) == 0 ? "" : $"d{_messages++}";
                ReceivedRecord.AddDiscard(records, default, Pick(DiscardReason.EventNotDefined, DiscardReason.NoUserAnonId), ASource(), Now, Utf8(discarded), "{}"u8);
                break;
            case < 22 when _sent.Count > 0:
                // A repeat: an SDK that saw no answer, or a queue that was kept for a week.
                var sent = _sent[random.Next(_sent.Count)];
                AddEvent(records, random.Next(8) == 0 ? 3 - sent.Source : sent.Source, sent.Id, sent.Type, sent.Payload, sent.Timestamp);
                break;
            default:
                AddNewEvent(records);
                break;
        }
    }

    private void AddNewEvent(LogRecords records)
    {
        Now += random.Next(2_000);
        var person = random.Next(People);
        // One in twelve mixes two people up.
        var other = random.Next(12) == 0 ? random.Next(People) : person;
        var type = Types[random.Next(20) switch { < 8 => 0, < 14 => 1, < 16 => 2, < 17 => 3, < 19 => 4, _ => 5 }];
        var members = new List<string> { $"\"type\":\"{type.Name()}\"" };
        if (random.Next(3) > 0) members.Add($"\"userId\":\"u{person}\"");
        if (random.Next(4) > 0) members.Add($"\"anonymousId\":\"{(random.Next(10) == 0 ? $"shared{random.Next(2)}" : $"a{other}.{random.Next(4)}")}\"");
        if (type == EventType.Group) members.Add($"\"groupId\":\"g{random.Next(4)}\"");
        if (type == EventType.Track) members.Add($"\"event\":\"Seen\",\"properties\":{{\"worth\":{random.Next(4)}.25}}");
        if (type is EventType.Identify or EventType.Group || random.Next(5) == 0) members.Add($"\"traits\":{Traits(other)}");
        if (random.Next(15) == 0) members.Add($"\"context\":{{\"externalIds\":[{{\"id\":\"c{other}\",\"type\":\"crm_id\",\"collection\":\"users\",\"encoding\":\"none\"}}]}}");
        if (random.Next(40) == 0) members.Add("\"integrations\":{\"All\":false}");
        var payload = random.Next(60) == 0 ? "[\"not what the door writes\"]" : "{" + string.Join(',', members) + "}";
        var id = (random.Next(50) == 0 ? PoisonPrefix : "") + $"m{_messages++}";
        var source = ASource();
        var timestamp = Now - (random.Next(4) == 0 ? random.Next(100_000_000) : random.Next(1_000));
        _sent.Add((source, id, type, payload, timestamp));
        AddEvent(records, source, id, type, payload, timestamp);
    }

    private string Traits(int person)
    {
        var traits = new List<string>();
        if (random.Next(3) > 0) traits.Add($"\"email\":\"e{person}.{random.Next(2)}@example.com\"");
        if (random.Next(2) > 0) traits.Add($"\"plan\":{Pick("\"free\"", "\"pro\"", "null", "{\"seats\":3}")}");
        if (random.Next(3) > 0) traits.Add($"\"visits\":{random.Next(3)}");
        return "{" + string.Join(',', traits) + "}";
    }

    private void AddCommand(LogRecords records)
    {
        var person = random.Next(People);
        var command = new ProfileCommand
        {
            Id = (random.Next(20) == 0 ? PoisonPrefix : "") + $"cmd_{_commands++}",
            Kind = random.Next(2) == 0 ? ProfileCommandKind.Merge : ProfileCommandKind.Split,
            Space = 1,
            Collection = random.Next(12) == 0 ? ProfileCollection.Accounts : ProfileCollection.Users,
            Profile = "",
        };
        command = command with { Profile = NameOf(person, command.Collection) };
        // A split is most often of the identifier that named the profile, so that most of them find what they cut.
        command = command.Kind == ProfileCommandKind.Merge ? command with { With = NameOf(random.Next(People), command.Collection) }
            : random.Next(3) > 0 ? command with { Identifiers = [command.Profile] }
            : command with { Identifiers = [.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => NameOf(person, command.Collection))] };
        var known = ids();
        if (known.Count > 0 && random.Next(3) == 0) command = command with { Profile = known[random.Next(known.Count)].ToString() };
        ReceivedRecord.AddJson(records, ReceivedKind.Command, Now, command.ToJson());
    }

    private string NameOf(int person, ProfileCollection collection) => random.Next(3) switch
    {
        _ when collection == ProfileCollection.Accounts => $"group_id:g{person % 4}",
        0 => $"user_id:u{person}",
        1 => $"anonymous_id:a{person}.{random.Next(4)}",
        _ => $"email:e{person}.{random.Next(2)}@example.com",
    };

    private void ChangeWorkspace(LogRecords records)
    {
        if (random.Next(4) == 0)
        {
            _helpDeskIsOpen = !_helpDeskIsOpen;
            AddRevision(records, _helpDeskIsOpen ? SourceOf(HelpDesk, "helpdesk") : new ResourceChange("source", "helpdesk", null));
            return;
        }

        if (random.Next(2) == 0)
        {
            AddRevision(records, Define(random.Next(Definitions.Length)));
            return;
        }

        var windows = Enum.GetValues<LimitWindow>();
        AddRevision(records, SpaceWith(new IdentitySettings
        {
            Demotion = random.Next(2) == 0 ? DemotionRule.LowestOnEvent : DemotionRule.LowestThatClears,
            Identifiers = [.. IdentitySettings.Default.Identifiers.Select(rule => rule with
            {
                Limit = rule.Type == "user_id" ? random.Next(1, 3) : random.Next(1, 6),
                Window = windows[random.Next(windows.Length)],
                Blocked = rule.Type == "anonymous_id" && random.Next(3) == 0 ? [new BlockedValue { Pattern = "^shared" }] : [],
            })],
        }));
    }

    private void AddRevision(LogRecords records, params IReadOnlyList<ResourceChange> changes) => ReceivedRecord.AddJson(
        records, ReceivedKind.Revision, Now, JsonSerializer.SerializeToUtf8Bytes(new WorkspaceRevision(++_revision, "town", Now, [.. changes]), WorkspaceSnapshot.Json));

    private ResourceChange Define(int index)
    {
        var (kind, type, queries) = Definitions[index];
        // A new one, another definition, somebody who is told, an end: what people do with audiences.
        // The first one is always connected and never ends, so that its tool always knows.
        var isSteady = index == 0;
        var isGone = _gone[index] |= !isSteady && _versions[index] > 0 && random.Next(8) == 0;
        var version = ++_versions[index];
        return ResourceKind.Put(new Computation
        {
            Id = $"aud_{index}",
            Number = (uint)index + 1,
            Version = (uint)version,
            SpaceId = "spa_default",
            Kind = kind,
            Key = KeyOf((uint)index + 1),
            Name = $"c{index}",
            Type = type,
            Query = queries[random.Next(queries.Length)],
            IncludeHistoricalData = random.Next(2) == 0,
            Enabled = isSteady || random.Next(10) > 0,
            Deleted = isGone,
            Connections = isSteady ? [new ComputationConnection { Id = "con_0", DestinationId = "mail" }] : random.Next(2) == 0 ? [] : [new ComputationConnection { Id = $"con_{random.Next(2)}", DestinationId = "mail" }],
        });
    }

    private void AddEvent(LogRecords records, uint source, string id, EventType type, string payload, long timestamp)
    {
        ReceivedRecord.BeginEvent(records, type, source, Now, timestamp, Utf8(id));
        records.Write(Utf8(payload));
        records.EndRecord();
    }

    private uint ASource() => random.Next(3) == 0 ? HelpDesk : Website;

    private T Pick<T>(params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    private static ResourceChange SpaceWith(IdentitySettings identity) => new(
        "space", "spa_default", River.Body(new Space { Id = "spa_default", Number = 1, Slug = "default", Name = "Default", Identity = identity }));

    private static ResourceChange SourceOf(uint number, string id) => new(
        "source", id, River.Body(new Source { Id = id, Number = number, Slug = id, Name = id, MetadataId = "http-api", SpaceId = "spa_default", WriteKeys = ["wk-" + id] }));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

using System.Collections.Immutable;
using System.Text.Json;

namespace Tributary.Engine.Workspace;

/// <summary>What somebody wants to change, or why it cannot be.</summary>
public sealed record WorkspaceEdit
{
    private WorkspaceEdit(ImmutableArray<ResourceChange> changes, WorkspaceRefusal? refusal) => (Changes, Refusal) = (changes, refusal);

    /// <summary>The changes, in order; empty when nothing needs to change or the edit is refused.</summary>
    public ImmutableArray<ResourceChange> Changes { get; }

    /// <summary>Why nothing is changed; null when the edit may proceed.</summary>
    public WorkspaceRefusal? Refusal { get; }

    public static WorkspaceEdit Of(params IEnumerable<ResourceChange> changes) => new([.. changes], null);

    public static WorkspaceEdit Refused(WorkspaceRefusal refusal) => new([], refusal);

    public static implicit operator WorkspaceEdit(ResourceChange change) => Of(change);

    public static implicit operator WorkspaceEdit(WorkspaceRefusal refusal) => Refused(refusal);
}

/// <summary>Why a change of the workspace was refused. Nothing was written.</summary>
/// <param name="Reason">Which kind of answer this is.</param>
/// <param name="Faults">What is wrong, field by field; at least one.</param>
public sealed record WorkspaceRefusal(RefusalReason Reason, ImmutableArray<WorkspaceFault> Faults)
{
    public static WorkspaceRefusal Invalid(IEnumerable<WorkspaceFault> faults) => new(RefusalReason.Invalid, [.. faults]);

    public static WorkspaceRefusal Invalid(string? field, string message) => new(RefusalReason.Invalid, [new(field, message)]);

    public static WorkspaceRefusal NotFound(string kind, string id) => new(RefusalReason.NotFound, [new(null, $"There is no {kind} \"{id}\".")]);

    public static WorkspaceRefusal Forbidden(string message) => new(RefusalReason.Forbidden, [new(null, message)]);

    public static WorkspaceRefusal Conflict(string? field, string message) => new(RefusalReason.Conflict, [new(field, message)]);
}

/// <summary>The kinds of refusal.</summary>
public enum RefusalReason
{
    /// <summary>What was sent breaks a rule.</summary>
    Invalid,

    /// <summary>What it is about does not exist.</summary>
    NotFound,

    /// <summary>It contradicts what already is, e.g. a slug that is taken.</summary>
    Conflict,

    /// <summary>Whoever asks may not do it.</summary>
    Forbidden,

    /// <summary>The log's queue is full; the same request may succeed in a moment.</summary>
    Busy,
}

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Field">Where, as a path such as <c>identifiers[2].window</c>; null when it is about the whole.</param>
/// <param name="Message">What is wrong and what is allowed, as a sentence.</param>
public readonly record struct WorkspaceFault(string? Field, string Message);

/// <summary>The result of a change.</summary>
/// <param name="Snapshot">The workspace afterwards; when refused, as it is.</param>
/// <param name="Refusal">Null when the change was made or nothing needed to change.</param>
public readonly record struct WorkspaceChanged(WorkspaceSnapshot Snapshot, WorkspaceRefusal? Refusal);

/// <summary>The kinds of resource, as they stand in revisions and keys.</summary>
public static class ResourceKind
{
    public const string Source = "source";
    public const string Destination = "destination";
    public const string Subscription = "subscription";
    public const string Filter = "filter";
    public const string Function = "function";
    public const string FunctionVersion = "function-version";
    public const string InsertFunction = "insert-function";
    public const string Space = "space";

    /// <summary>An audience or a computed trait.</summary>
    public const string Computation = "computation";

    /// <summary>A query of the lake whose rows become traits.</summary>
    public const string SqlTrait = "sql-trait";

    /// <summary>A query of the lake that somebody keeps for everybody.</summary>
    public const string SavedQuery = "saved-query";
    public const string Token = "token";

    /// <summary>Somebody who may use the console.</summary>
    public const string Member = "member";

    /// <summary>Name and id of the workspace itself; exactly one resource.</summary>
    public const string Workspace = "workspace";

    /// <summary>The highest number given to a source, destination or space; its id is their kind. Numbers are never given twice.</summary>
    public const string Counter = "counter";

    /// <summary>What one revision did; see <see cref="AuditEntry"/>.</summary>
    public const string Audit = "audit";

    public static ResourceChange Put(Source source) => Put(Source, source.Id, source);

    public static ResourceChange Put(Destination destination) => Put(Destination, destination.Id, destination);

    public static ResourceChange Put(Subscription subscription) => Put(Subscription, subscription.Id, subscription);

    public static ResourceChange Put(DestinationFilter filter) => Put(Filter, filter.Id, filter);

    public static ResourceChange Put(Function function) => Put(Function, function.Id, function);

    public static ResourceChange Put(FunctionVersion version) => Put(FunctionVersion, version.Id, version);

    public static ResourceChange Put(InsertFunction instance) => Put(InsertFunction, instance.Id, instance);

    public static ResourceChange Put(Space space) => Put(Space, space.Id, space);

    public static ResourceChange Put(Computation computation) => Put(Computation, computation.Id, computation);

    public static ResourceChange Put(SqlTrait trait) => Put(SqlTrait, trait.Id, trait);

    public static ResourceChange Put(SavedQuery query) => Put(SavedQuery, query.Id, query);

    public static ResourceChange Put(Token token) => Put(Token, token.Id, token);

    public static ResourceChange Put(Member member) => Put(Member, member.Id, member);

    public static ResourceChange Put(WorkspaceName workspace) => Put(Workspace, workspace.Id, workspace);

    public static ResourceChange Delete(string kind, string id) => new(kind, id, null);

    /// <summary>Deletes a destination with all that belongs to it.</summary>
    public static IEnumerable<ResourceChange> DeleteDestination(WorkspaceSnapshot workspace, string id) =>
    [
        .. workspace.SubscriptionsOf(id).Select(subscription => Delete(Subscription, subscription.Id)),
        .. workspace.FiltersOf(id).Select(filter => Delete(Filter, filter.Id)),
        .. workspace.InsertFunctions.Where(instance => instance.DestinationId == id).Select(instance => Delete(InsertFunction, instance.Id)),
        Delete(Destination, id),
    ];

    internal static ResourceChange Put<T>(string kind, string id, T body) =>
        new(kind, id, JsonSerializer.SerializeToNode(body, WorkspaceSnapshot.Json)!.AsObject());
}

/// <summary>What the workspace is called.</summary>
public sealed record WorkspaceName(string Id, string Slug, string Name);

using System.Text;
using Tributary.Engine.Identity;
using Tributary.Engine.Log;
using Tributary.Engine.Processing.Computing;
using Tributary.Engine.Profiles;
using Tributary.Engine.Storage;
using Tributary.Model;

namespace Tributary.Engine.Processing;

/// <summary>Carries out an order of a person: merge two profiles, or cut identifiers off one. The result is kept under the command's id.</summary>
internal sealed class CommandStep(StepContext context, ComputationStep computing)
{
    /// <summary>Carries it out, or notes why it cannot be.</summary>
    public void Apply(in ReceivedRecord record, LogOffset offset)
    {
        var command = ProfileCommand.Parse(record.Payload.Span);
        var cause = new DecidedCause(default, command.Space, 0, offset, record.ReceivedAt, record.ReceivedAt, Encoding.UTF8.GetBytes(command.Id));
        var result = command.Kind switch
        {
            ProfileCommandKind.Merge => Merge(command, cause),
            ProfileCommandKind.Split => Split(command, cause),
        };
        context.Draft.Put(Table.Commands, Encoding.UTF8.GetBytes(command.Id), result.ToJson());
    }

    private ProfileCommandResult Merge(ProfileCommand command, in DecidedCause cause)
    {
        if (Find(command, command.Profile) is not { } one) return Failed("profile", "Profile was not found.");
        if (command.With is null || Find(command, command.With) is not { } other) return Failed("with", "Profile was not found.");
        if (MergePlan.Refuse(one, other) is { } refusal) return refusal;
        var (survivor, loser) = MergePlan.Order(one, other);

        // A person's word outweighs an earlier split.
        Pardon(survivor, loser);
        Pardon(loser, survivor);
        var space = context.Workspace.FindSpace(command.Space)!;
        var rules = context.RulesOf(space);
        var (a, b) = (Strongest(survivor, rules), Strongest(loser, rules));
        var moved = loser.Nodes.Select(node => node.Part).Distinct().Order().ToArray();
        computing.Merging(survivor, loser);
        context.Graph.Merge(survivor, loser);
        survivor.Join(a, b, new LinkEvidence(cause.Timestamp, command.Id, cause.ReceivedOffset, 0, default));
        foreach (var part in moved) DecidedRecord.AddGraph(context.Decided, cause, part, survivor.Id);
        context.EmitAllTraits(cause, survivor);
        computing.Merged(cause, space, survivor);
        return new ProfileCommandResult { Profiles = [survivor.Id.ToString()] };
    }

    private ProfileCommandResult Split(ProfileCommand command, DecidedCause cause)
    {
        if (Find(command, command.Profile) is not { } profile) return Failed("profile", "Profile was not found.");
        if (SplitPlan.SelectNodes(profile, command.Collection, command.Identifiers, out var cut) is { } refusal) return refusal;
        var oldParts = profile.Nodes.ToDictionary(node => node, node => node.Part);
        var parts = GraphSplit.Split(profile, cut, ordinal => ProfileId.Derive(command.Space, cause.ReceivedOffset.Value, ordinal));
        context.Graph.Replace(profile, parts);
        foreach (var part in parts)
        {
            foreach (var id in part.Nodes.Select(node => node.Part).Distinct().Order()) DecidedRecord.AddGraph(context.Decided, cause, id, part.Id);
            foreach (var node in part.Nodes)
            {
                var isMoved = profile.Id != part.Id;
                // An identifier that stays, but was last said to be on an id that now resolves to another side, is said to stay.
                if (!isMoved && oldParts[node] == node.Part) continue;
                var type = IdentifierKey.TypeOf(node.Key);
                var value = IdentifierKey.ValueOf(node.Key);
                if (isMoved) DecidedRecord.AddMapping(context.Decided, cause, profile.Id, removed: true, part.Collection, type, value);
                DecidedRecord.AddMapping(context.Decided, cause, part.Id, removed: false, part.Collection, type, value);
            }

            part.Results = profile.Results is null ? null : new ResultTable(profile.Results);
            context.EmitTraits(cause, part.Id, context.AllTraits(part), replaced: true);
        }

        computing.Split(cause, context.Workspace.FindSpace(command.Space)!, profile, parts);
        return new ProfileCommandResult { Profiles = [.. parts.OrderByDescending(part => part.Id == profile.Id).Select(part => part.Id.ToString())] };
    }

    private Profile? Find(ProfileCommand command, string name)
    {
        if (ProfileId.TryParse(name, out var id)) return context.Graph.Resolve(command.Space, id) is { } found && found.Collection == command.Collection ? found : null;
        return IdentifierKey.TryParse(command.Collection, name, out var identifier)
            ? context.Graph.FindOwner(IdentifierKey.Of(command.Space, identifier.Value))
            : null;
    }

    private static void Pardon(Profile profile, Profile other)
    {
        foreach (var node in profile.Nodes)
        {
            node.Vetoes?.RemoveAll(key => other.Find(key) is not null);
            if (node.Vetoes is { Count: 0 }) node.Vetoes = null;
        }
    }

    private static Node Strongest(Profile profile, IdentityRules rules) =>
        profile.Nodes.Aggregate((best, node) => rules.Find(node.Type).CompareStrength(rules.Find(best.Type)) < 0 ? node : best);

    private static ProfileCommandResult Failed(string field, string error) => new() { Field = field, Error = error };
}

namespace Tributary.Engine.Workspace;

/// <summary>Writes the workspace as a file that <c>tributary apply</c> takes. Registered by the server, which knows the format.</summary>
/// <param name="Write">The file; the flag says whether write keys are in it.</param>
public sealed record WorkspaceFileDesk(Func<bool, WorkspaceFileText> Write);

/// <summary>A workspace file.</summary>
/// <param name="Yaml">Its text, without secrets.</param>
/// <param name="Variables">Names of the environment variables that stand in the place of secrets.</param>
public sealed record WorkspaceFileText(string Yaml, IReadOnlyCollection<string> Variables);

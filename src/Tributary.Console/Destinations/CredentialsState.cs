namespace Tributary.Console.Destinations;

/// <summary>What is known about credentials that were typed.</summary>
/// <param name="IsAsking">The destination is being asked.</param>
/// <param name="IsOk">What it said; null before it said something.</param>
/// <param name="Message">Why not.</param>
public readonly record struct CredentialsState(bool IsAsking, bool? IsOk, string? Message);
